"""Broken trial files: a whole trial with one thing changed, the line where that is, and what must be said."""
# ruff: noqa: E501 - what is put into a file stands on one line here

from __future__ import annotations

from dataclasses import dataclass

import trials

WHOLE = trials.text(
    """
[trial]
places = 8
repetitions = 2
twins = 1
waves = [0, 12]

[trial.vary.tension]
number = "attitudes.other_ethnicity"
spread = "normal"
mean = 0.5
sd = 0.1
low = 0.2
high = 0.8

[trial.arms.control]

[trial.arms.club]
programmes = ["club"]

[trial.assignment]
unit = "municipality"
matched_by = "nothing"

[trial.participants]
share = 0.5
youngest = 14
oldest = 60

[trial.samples.residents]
who = "residents"
n = 30

[trial.outcomes.attitude]
measure = "attitude"
sample = "residents"
estimator = "adjusted"

[trial.outcomes.disputes]
measure = "disputes"
over = 12

[trial.expected.attitude]
outcome = "attitude"
arm = "club"
low = 0
high = 0.3

[trial.power]
outcome = "attitude"
places = [4, 8]
people = [10, 20]
"""
)


@dataclass(frozen=True)
class Case:
    name: str
    old: str
    new: str
    at: str
    says: tuple[str, ...]
    more: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        text = WHOLE
        for old, new in ((self.old, self.new), *self.more):
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the trial"
            text = text.replace(old, new)
        return text

    def line(self) -> int:
        return next(n for n, line in enumerate(self.text().split("\n"), 1) if self.at in line)


CLUB = '[trial.arms.club]\nprogrammes = ["club"]'
MUNICIPALITY = 'unit = "municipality"'
NO_COUNT = ('[trial.outcomes.disputes]\nmeasure = "disputes"\nover = 12\n', "")
CASES = [
    # places and people
    Case("more sampled than live there", "n = 30", "n = 3000", "n = 3000", ("trial.samples.residents.n", "3000 are asked, but only about", "smallest place", "or make the places larger")),
    Case("more sampled than in a community", "n = 30", 'n = 110\neach = "community"', "n = 110", ("110 are asked", "smallest community")),
    Case("more participants sampled than take part", 'who = "residents"\nn = 30', 'who = "participants"\nn = 150', "n = 150", ("150 are asked", "Write n =")),
    Case("one place an arm", "places = 8", "places = 2", "places = 2", ("only 1", "cannot be told from the difference between any two places", "Write places = 4 or more"), (("places = [4, 8]", "places = [2]"),)),
    Case("no place", "places = 8", "places = 0", "places = 0", ("trial.places", "below the limit 1")),
    Case("half a place", "places = 8", "places = 8.5", "places = 8.5", ("8.5 is not a whole number",)),
    Case("matched pairs that do not come out even", 'matched_by = "nothing"', 'matched_by = "size"', "places = 7", ("7 places cannot be put into blocks of 2", "Write a multiple of 2"), (("places = 8", "places = 7"), ("[4, 8]", "[4, 6]"))),
    # arms
    Case("an arm without programmes", CLUB, "[trial.arms.club]", "[trial.arms.club]", ("the arm 'club' has no programme", "the control once more", '"nothing"')),
    Case("one arm only", CLUB, "", "[trial.arms.control]", ("compares at least two arms",), (("\narm = \"club\"", ""),)),
    Case("unknown programme", CLUB, '[trial.arms.club]\nprogrammes = ["clubs"]', '"clubs"', ("no programme is called 'clubs' (did you mean 'club'?)",)),
    Case("programme as text", CLUB, '[trial.arms.club]\nprogrammes = "club"', 'programmes = "club"', ("is not a list", 'programmes = ["club"]')),
    # waves
    Case("wave after the end", "waves = [0, 12]", "waves = [0, 13]", "waves = [0, 13]", ("wave 13 comes after the end of the run (12 weeks)", "or raise weeks")),
    Case("waves out of order", "waves = [0, 12]", "waves = [12, 0]", "waves = [12, 0]", ("not waves in order", "waves = [0, 52]"), (('estimator = "adjusted"', ""),)),
    Case("no wave", "waves = [0, 12]", "waves = []", "waves = []", ("not waves in order",), (('estimator = "adjusted"', ""),)),
    Case("outcome at no wave", 'sample = "residents"', 'sample = "residents"\nwave = 6', "wave = 6", ("nobody is asked in week 6", "(0, 12)")),
    Case("difference in differences without a baseline", 'estimator = "adjusted"', 'estimator = "did"', 'estimator = "did"', ("'did' needs a baseline",), (("waves = [0, 12]", "waves = [12]"),)),
    Case("baseline as the wave compared", 'estimator = "adjusted"', 'estimator = "adjusted"\nwave = 0', 'estimator = "adjusted"', ("needs a baseline, but the first wave is the one compared",)),
    # names
    Case("unknown measure", 'measure = "attitude"', 'measure = "atitude"', '"atitude"', ("no measure is called 'atitude' (did you mean 'attitude'?)",)),
    Case("unknown sample", 'sample = "residents"', 'sample = "resident"', 'sample = "resident"', ("no sample is called 'resident' (did you mean 'residents'?)",)),
    Case("unknown arm", 'arm = "club"', 'arm = "clubb"', '"clubb"', ("no arm beside the control is called 'clubb' (did you mean 'club'?)",)),
    Case("the control as an arm", 'arm = "club"', 'arm = "control"', 'arm = "control"', ("no arm beside the control is called 'control'",)),
    Case("unknown outcome", 'outcome = "attitude"\narm', 'outcome = "attitudes"\narm', 'outcome = "attitudes"', ("no outcome is called 'attitudes' (did you mean 'attitude'?)",)),
    Case("unknown number", '"attitudes.other_ethnicity"', '"attitudes.other_etnicity"', "other_etnicity", ("unknown name 'other_etnicity'", "did you mean 'other_ethnicity'?", "lists all numbers")),
    Case("unknown field", "twins = 1", "twin = 1", "twin = 1", ("unknown name 'twin'", "did you mean 'twins'?")),
    Case("unknown unit", MUNICIPALITY, 'unit = "town"', 'unit = "town"', ('"town" is not one of the possible values', '"village"')),
    Case("unknown estimator", 'estimator = "adjusted"', 'estimator = "ancova"', '"ancova"', ("is not one of the possible values", '"did"')),
    Case("unknown role", "share = 0.5\nyoungest", 'roles = ["officer"]\nshare = 0.5\nyoungest', "officer", ("no role is called 'officer'",)),
    Case("unknown community", "share = 0.5\nyoungest", 'communities = ["thrid"]\nshare = 0.5\nyoungest', "thrid", ("no community is called 'thrid'. Write one of first, second",)),
    Case("varies twice", "[trial.arms.control]", '[trial.vary.more]\nnumber = "attitudes.other_ethnicity"\nspread = "list"\nvalues = [0.4]\n[trial.arms.control]', 'number = "attitudes', ("'attitudes.other_ethnicity' varies twice",)),
    Case("power with a baseline that nobody is asked", 'estimator = "adjusted"', 'estimator = "difference"', "[trial.power]", ("there is one wave only", 'baseline = ["without"]'), (("waves = [0, 12]", "waves = [12]"),)),
    # what does not go together
    Case("counts with persons as units", MUNICIPALITY, 'unit = "person"', 'measure = "disputes"', ("events of the place are not known for each person", "or ask people")),
    Case("stepped wedge of persons", MUNICIPALITY, 'unit = "person"\nsteps = 2', "steps = 2", ("a stepped wedge is for municipalities", "steps = 0"), (NO_COUNT,)),
    Case("matched households", MUNICIPALITY, 'unit = "household"', 'matched_by = "size"', ("only municipalities can be matched",), (('matched_by = "nothing"', 'matched_by = "size"'), NO_COUNT)),
    Case("participants asked but not drawn", 'who = "residents"', 'who = "participants"', 'who = "participants"', ("known only if they are drawn before assignment", "[trial.participants]"), (("[trial.participants]\nshare = 0.5\nyoungest = 14\noldest = 60\n", ""),)),
    Case("oldest below youngest", "oldest = 60", "oldest = 10", "oldest = 10", ("is below youngest (14)",)),
    # numbers that vary
    Case("mean beyond the limits", "mean = 0.5", "mean = 5", 'number = "attitudes', ("5 is above the limit 1",)),
    Case("low above high", "low = 0.2", "low = 0.9", "low = 0.9", ("low (0.9) is above high (0.8)", "Exchange")),
    Case("uniform without ends", 'spread = "normal"', 'spread = "uniform"', 'spread = "uniform"', ("uniform needs low and high",), (("low = 0.2\nhigh = 0.8\n", ""),)),
    Case("empty list", 'spread = "normal"', 'spread = "list"\nvalues = []', "values = []", ("a list without values", "one a place")),
    # power
    Case("power of more places than there are", "places = [4, 8]", "places = [4, 40]", "places = [4, 40]", ("designs of 40 places need a simulated world of at least as many", "Write places = 40 in [trial]")),
    Case("power of two places", "places = [4, 8]", "places = [2, 8]", "places = [2, 8]", ("2 places are too few",)),
    Case("power of a count", '[trial.power]\noutcome = "attitude"', '[trial.power]\noutcome = "disputes"', 'outcome = "disputes"', ("'disputes' is a count", "Name an outcome asked of people")),
    Case("power with no such baseline", "people = [10, 20]", 'people = [10, 20]\nbaseline = ["yes"]', '"yes"', ("no kind of design is called 'yes'", "with, without")),
    Case("power of more people than live there", "people = [10, 20]", "people = [10, 2000]", "people = [10, 2000]", ("2000 are asked, but only about",)),
]
