"""Broken experiment files: a whole one with one thing changed, the line where that is, and what must be said."""
# ruff: noqa: E501 - what is put into a file stands on one line here

from __future__ import annotations

from dataclasses import dataclass

WHOLE = """question = "What helps?"
scenarios = ["village"]
programmes = ["project", "breaks"]
replications = 4
weeks = 8
design = "grid"
points = 8

[vary]
"contact.generalisation" = "range"
attitudes.other_ethnicity = [0.4, 0.5]
project.platform.seats = { low = 10, high = 40 }

[keep]
measures = ["violent", "cohesion"]
by = ["all", "sex"]
every = 4
"""
UNTIL = '\n[until]\neffect = "cohesion"\nhalf_width = 0.1\n'
NO_NUMBER = ("replications = 4\n", "")


@dataclass(frozen=True)
class Case:
    name: str
    old: str  # a piece of the whole, "" to put ``new`` at the end
    new: str
    at: str
    says: tuple[str, ...]
    more: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        text = WHOLE
        for old, new in ((self.old, self.new), *self.more):
            assert not old or text.count(old) == 1, old
            text = text.replace(old, new) if old else text + new
        return text

    def line(self) -> int:
        return next(n for n, line in enumerate(self.text().split("\n"), 1) if self.at in line)


RANGE = '"contact.generalisation" = "range"'
LIST = "attitudes.other_ethnicity = [0.4, 0.5]"
SPAN = "{ low = 10, high = 40 }"
CASES = [
    Case("no question", 'question = "What helps?"', 'question = " "', "question", ("the question is empty", 'Write question = "…"')),
    Case("no scenario", '["village"]', "[]", "scenarios", ("no scenario is named", "Write scenarios")),
    Case("unknown scenario", '["village"]', '["vilage"]', "scenarios", ("vilage: no such file or scenario",)),
    Case("scenario twice", '["village"]', '["village", "village"]', "scenarios", ("'village' stands twice", "Write it once")),
    Case("unknown programme", '["project", "breaks"]', '["projet", "breaks"]', "programmes", ("has no programme 'projet' (did you mean 'project'?)",)),
    Case("unknown entry", "weeks = 8", "week = 8", "week = 8", ("unknown name 'week' (did you mean 'weeks'?)",)),
    Case("no replication", "replications = 4", "replications = 0", "replications", ("below the limit 1",)),
    Case("unknown design", '"grid"', '"lhs"', "design", ('"lhs" is not one of the possible values', '"latin_hypercube"')),
    Case("no power of two", '"grid"', '"sobol"', "points", ("12 is no power of two, which sobol needs", "Write points = 16"), (("points = 8", "points = 12"),)),
    Case("unknown number", RANGE, '"contact.generalization" = "range"', "generalization", ("unknown name 'generalization' (did you mean 'generalisation'?) in village",)),
    Case("unknown section", LIST, "atitudes.own = [0.4, 0.5]", "atitudes", ("unknown name 'atitudes' (did you mean 'attitudes'?)",)),
    Case("a section", LIST, "attitudes = [0.4, 0.5]", "attitudes", ("attitudes is a section", "one of its entries")),
    Case("outside the limits", LIST, "attitudes.other_ethnicity = [0.4, 1.5]", "1.5", ("1.5 is above the limit 1", "a number from 0 to 1")),
    Case("text for a number", LIST, 'attitudes.other_ethnicity = ["much"]', "much", ('"much" is text, not a number',)),
    Case("one value only", LIST, "attitudes.other_ethnicity = 0.4", "other_ethnicity", ("0.4 says nothing that can vary", "a list such as")),
    Case("no value", LIST, "attitudes.other_ethnicity = []", "other_ethnicity", ("no value is given",)),
    Case("a value twice", LIST, "attitudes.other_ethnicity = [0.4, 0.4]", "other_ethnicity", ("a value stands twice",)),
    Case("a choice has no evidence", SPAN, '"range"', "seats", ("has no evidence range in village", "{ low = …, high = … }")),
    Case("ends the wrong way", SPAN, "{ low = 40, high = 10 }", "seats", ("from 40 to 10 is no range", "the smaller number as low")),
    Case("an end beyond the limits", SPAN, "{ low = 10, high = 100000 }", "seats", ("high: 100000 is above the limit",)),
    Case("logarithms of nothing", LIST, 'attitudes.other_ethnicity = { low = 0, high = 1, scale = "log" }', "other_ethnicity", ("needs numbers above 0",)),
    Case("weeks twice", LIST, "weeks = [4, 8]", "weeks = 8", ("weeks stand under [vary] too", "Remove this line")),
    Case("one number by two names", LIST, "programmes.project.interventions.platform.seats = [10, 20]", "project.platform.seats", ("are the same number of village", "Remove one of them")),
    Case("unknown scale", SPAN, '{ low = 10, high = 40, scale = "lin" }', "seats", ('"lin" is no scale', 'Write scale = "linear"')),
    Case("unknown end", SPAN, "{ low = 10, hig = 40 }", "seats", ("unknown name 'hig' (did you mean 'high'?)",)),
    Case("refused by a kind of the user's own", LIST, "breaks.it.mode = [0, 7]", "breaks.it", ("7 is above the limit 2",)),
    Case("points that the scenario refuses", LIST, "communities.kyrgyz.share = [0.9]", "[vary]", ("point 0 (contact.generalisation =", "shares", "Change what varies")),
    Case("too many points", '"range"', "{ low = 0.05, high = 0.3 }", "[vary]", ("makes 200,000 points; 100,000 are allowed",), (("points = 8", "levels = 100"), (LIST, "attitudes.own = \"range\""), (SPAN, "[" + ", ".join(str(k) for k in range(10, 30)) + "]"))),
    Case("nothing to sample", '"grid"', '"morris"', "design", ("morris has nothing to sample",), ((RANGE + "\n", ""), (LIST + "\n", ""), (f"project.platform.seats = {SPAN}\n", ""))),
    Case("unknown measure", '"cohesion"]', '"cohesio"]', "measures", ("no measure is called 'cohesio' (did you mean 'cohesion'?)",)),
    Case("unknown group", '"sex"', '"gender"', "by = ", ('"gender"', "possible values")),
    Case("both ways of counting", "", UNTIL, "replications", ("[until] decides how many", "Remove this line")),
    Case("until an unknown effect", "", UNTIL.replace("cohesion", "cohesio"), "effect", ("no measure is called 'cohesio'",), (NO_NUMBER,)),
    Case("until what is not kept", "", UNTIL.replace("cohesion", "trust"), "measures", ("lacks 'trust', which [until] looks at",), (NO_NUMBER,)),
    Case("until of a programme that is not run", "", UNTIL + 'programme = "other"\n', "programme = ", ("'other' is not run",), (NO_NUMBER,)),
    Case("until the wrong way round", "", UNTIL + "at_least = 9\nat_most = 5\n", "at_most", ("is below at_least", "at_most = 9"), (NO_NUMBER,)),
    Case("until no width", "", UNTIL.replace("half_width = 0.1", "half_width = 0"), "half_width", ("below the limit",), (NO_NUMBER,)),
]
