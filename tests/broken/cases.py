"""Broken scenario files: the starter with one thing changed, the line where that is, and what must be said.

``at`` is a piece of the changed line; its first occurrence outside remarks gives the line number.
"""
# ruff: noqa: E501 - what is put into a file stands on one line here

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cohesion_sim.cli

STARTER = (
    (Path(cohesion_sim.cli.__file__).parent / "starter.toml")
    .read_text(encoding="utf-8")
    .replace("NAME", "broken")
)
FACT = 'range = [0, 1], mark = "A", source = "own" }'


@dataclass(frozen=True)
class Case:
    name: str
    old: str  # a piece of the starter, "" to put ``new`` at the end
    new: str
    at: str
    says: tuple[str, ...]

    def text(self) -> str:
        if not self.old:
            return f"{STARTER}\n{self.new}\n"
        assert STARTER.count(self.old) >= 1, f"{self.old!r} is not in the starter"
        return STARTER.replace(self.old, self.new, 1)

    def line(self) -> int:
        lines = enumerate(self.text().split("\n"), 1)
        return next(n for n, line in lines if self.at in line and (self.at[0] == "#" or line[:1] != "#"))


SIZE = 'size = { value = 6000, range = [5000, 7000], mark = "A", source = "own" }'
HOUSE = 'household_size = { value = 4.5, range = [4, 5], mark = "A", source = "own" }'
SHARE = 'share = { value = 0.7, range = [0.6, 0.8], mark = "A", source = "own" }'
UPPER = 'share = { value = 0.6, range = [0.5, 0.7], mark = "A", source = "own" }'
PLATFORM = "seats = 30"
LOWER = """[villages.lower.communities]
kyrgyz = { value = 0.7, range = [0, 1], mark = "A", source = "own" }
russian = { value = 0.3, range = [0, 1], mark = "A", source = "own" }"""

CASES = [
    # numbers
    Case(
        "below",
        SIZE,
        SIZE.replace("6000", "12"),
        "value = 12",
        (
            "people.size",
            "12 is below the limit 200 (people)",
            "from 200 to 2000000",
            "size = { value = 200, … }",
        ),
    ),
    Case(
        "above",
        SIZE,
        SIZE.replace("6000", "3000000"),
        "3000000",
        ("people.size", "3000000 is above the limit 2000000", "Write"),
    ),
    Case(
        "text for a number",
        SIZE,
        SIZE.replace("6000", '"6000"'),
        '"6000"',
        ("people.size", '"6000" is text, not a number', "size = { value = 6000, … }"),
    ),
    Case(
        "comma in a text",
        HOUSE,
        HOUSE.replace("4.5,", '"4,5",'),
        '"4,5"',
        ("not a number", "household_size = { value = 4.5, … }"),
    ),
    Case(
        "bool for a number",
        SIZE,
        SIZE.replace("6000", "true"),
        "value = true",
        ("people.size", "true is true or false, not a number"),
    ),
    Case(
        "list for a number",
        SIZE,
        SIZE.replace("6000", "[6000]"),
        "[6000]",
        ("[6000] is a list, not a number",),
    ),
    Case("date for a number", SIZE, SIZE.replace("6000", "2019-01-01"), "2019-01-01", ("not a number",)),
    Case(
        "nan",
        HOUSE,
        HOUSE.replace("4.5", "nan"),
        "nan",
        ("people.household_size", "nan is not a number that can be used", "from 1.5 to 9"),
    ),
    Case("infinite", HOUSE, HOUSE.replace("4.5", "inf"), "inf,", ("inf is not a number that can be used",)),
    Case(
        "not whole",
        SIZE,
        SIZE.replace("6000", "6000.5"),
        "6000.5",
        ("6000.5 is not a whole number", "value = 6000"),
    ),
    Case(
        "choice below",
        PLATFORM,
        "seats = -1",
        "seats = -1",
        (
            "programmes.first.interventions.platform.seats",
            "-1 is below the limit 0 (people)",
            "e.g. seats = 0",
        ),
    ),
    Case(
        "choice not whole",
        PLATFORM,
        "seats = 2.5",
        "seats = 2.5",
        ("2.5 is not a whole number", "Write seats = 2"),
    ),
    Case(
        "choice as fact",
        PLATFORM,
        f"seats = {{ value = 30, {FACT}",
        "seats",
        ("a choice is a plain number", "Write seats = 30"),
    ),
    Case(
        "weeks beyond",
        "weeks = 104",
        "weeks = 1000",
        "weeks = 1000",
        (
            "weeks",
            "1000 is above the limit 520",
        ),
    ),
    # facts
    Case(
        "bare fact",
        SIZE,
        "size = 6000",
        "size = 6000",
        ("people.size", "6000 stands alone", "size = { value = 6000, range", 'mark = "A"'),
    ),
    Case(
        "no value",
        SIZE,
        f"size = {{ {FACT}",
        "size = {",
        ("people.size", "the value is missing", "size = { value = …"),
    ),
    Case(
        "no mark",
        SIZE,
        SIZE.replace('mark = "A", ', ""),
        "size = {",
        ("people.size", "the mark is missing", 'Write mark = "A"', "assumption"),
    ),
    Case(
        "no source",
        SIZE,
        SIZE.replace(', source = "own"', ""),
        "size = {",
        ("people.size", "the source is missing", 'source = "C71"'),
    ),
    Case(
        "no range",
        SIZE,
        SIZE.replace("range = [5000, 7000], ", ""),
        "size = {",
        ("people.size", "the range is missing", "value = 6000, range = [low, high]"),
    ),
    Case(
        "unknown mark",
        SIZE,
        SIZE.replace('"A"', '"G"'),
        '"G"',
        ("people.size", 'unknown mark "G"', "F: found in the source"),
    ),
    Case(
        "unknown source",
        SIZE,
        SIZE.replace('"own"', '"C711"'),
        '"C711"',
        ("people.size", "unknown source 'C711'", "did you mean 'C71'?", "[sources]"),
    ),
    Case("one of two sources", SIZE, SIZE.replace('"own"', '"C71, D9"'), "D9", ("unknown source 'D9'",)),
    Case(
        "source a number",
        SIZE,
        SIZE.replace('"own"', "71"),
        "source = 71",
        ("71 is not a source key", 'source = "C71"'),
    ),
    Case(
        "found without source",
        SIZE,
        SIZE.replace('"A"', '"F"'),
        'mark = "F"',
        ('mark "F" needs a source that others can read',),
    ),
    Case(
        "range without value",
        SIZE,
        SIZE.replace("[5000, 7000]", "[7000, 8000]"),
        "[7000, 8000]",
        ("people.size", "does not contain the value 6000", "range = [6000, 8000]"),
    ),
    Case(
        "range backwards",
        SIZE,
        SIZE.replace("[5000, 7000]", "[7000, 5000]"),
        "[7000, 5000]",
        ("people.size", "runs backwards", "range = [5000, 7000]"),
    ),
    Case(
        "range of three",
        SIZE,
        SIZE.replace("[5000, 7000]", "[1, 2, 3]"),
        "[1, 2, 3]",
        ("[1, 2, 3] is not a range", "[low, high]"),
    ),
    Case("range of texts", SIZE, SIZE.replace("[5000, 7000]", '["a", "b"]'), '["a"', ("with two numbers",)),
    Case(
        "range beyond limits",
        SIZE,
        SIZE.replace("[5000, 7000]", "[1, 7000]"),
        "[1, 7000]",
        ("goes beyond the limits 200 to 2000000", "range = [200, 7000]"),
    ),
    Case(
        "wrong unit",
        SIZE,
        SIZE.replace("range", 'unit = "households", range'),
        "households",
        ('"households" is not the unit', 'unit = "people"'),
    ),
    Case(
        "unknown part of a fact",
        SIZE,
        SIZE.replace("source", "sorce"),
        "sorce",
        ("people.size", "unknown name 'sorce' (did you mean 'source'?)"),
    ),
    Case("note a number", SIZE, SIZE.replace("range", "note = 3, range"), "note = 3", ("3 is not a text",)),
    Case(
        "fact in a kind",
        "turnout = { value = 0.7",
        "turnout = { value = 1.7",
        "turnout",
        ("platform.turnout", "1.7 is above the limit 1 (share)"),
    ),
    Case("mark a list", SIZE, SIZE.replace('"A"', "[]"), "mark = []", ("unknown mark []",)),
    Case(
        "programme a number",
        'title = { en = "A platform and a training" }',
        "[programmes.second]\ninterventions = 3",
        "interventions = 3",
        ("programmes.second.interventions", "3 is not a section"),
    ),
    Case(
        "per cent",
        "turnout = { value = 0.7",
        "turnout = { value = 70",
        "turnout",
        ("platform.turnout", "70 is above the limit 1 (share); is this per cent? Write turnout = { value = 0.7, … }"),
    ),
    Case(
        "per cent in a choice",
        "officials = 0.25",
        "officials = 25",
        "officials =",
        ("is this per cent? Write officials = 0.25",),
    ),
    Case(
        "per cent beside narrow limits",
        "dissimilarity = { value = 0.5, range = [0.3, 0.7]",
        "dissimilarity = { value = 50, range = [30, 70]",
        "dissimilarity",
        ("limits 0.05 to 0.98; is this per cent? Write range = [0.3, 0.7]",),
    ),
    Case(
        "per cent in a text",
        "turnout = { value = 0.7",
        'turnout = { value = "70 %"',
        "turnout",
        ('"70 %" is text, not a number. Write turnout = { value = 0.7, … }',),
    ),
    Case(
        "bare per cent",
        "turnout = { value = 0.7, range = [0.5, 0.9], mark = \"A\", source = \"own\" }",
        "turnout = 70",
        "turnout = 70",
        ("70 stands alone", "Write turnout = { value = 0.7, range = [low, high]"),
    ),
    Case(
        "number in words",
        PLATFORM,
        'seats = "thirty"',
        "thirty",
        ('"thirty" is text, not a number. Write a whole number from 0 to 500',),
    ),
    Case("number with a unit", "price = 200", 'price = "200 USD"', "USD", ("not a number. Write price = 200",)),
    Case("weeks with a unit", "every = 4", 'every = "4 weeks"', "every", ("not a number. Write every = 4",)),
    Case(
        "number with a space in a text",
        SIZE,
        SIZE.replace("6000", '"6 000"'),
        '"6 000"',
        ("Write size = { value = 6000, … }",),
    ),
    Case(
        "backward range beyond limits",
        SIZE,
        SIZE.replace("[5000, 7000]", "[7000, 3]"),
        "[7000, 3]",
        ("runs backwards. Write range = [200, 7000]",),
    ),
    Case(
        "range below limits",
        SIZE,
        SIZE.replace("[5000, 7000]", "[3, 100]"),
        "[3, 100]",
        ("goes beyond the limits", "Write range = [200, 6000]"),
    ),
    Case("source in small letters", SIZE, SIZE.replace('"own"', '"c71"'), '"c71"', ("did you mean 'C71'?",)),
    Case("short source", SIZE, SIZE.replace('"own"', '"D9"'), '"D9"', ("unknown source 'D9' (did you mean '",)),
    # headline
    Case(
        "unknown measure",
        'headline = ["violent", "cohesion"]',
        'headline = ["blow", "cohesion"]',
        "headline",
        ("headline.0", "unknown measure 'blow' (did you mean 'blows'?)", 'Write "blows"'),
    ),
    Case(
        "measure like none",
        'headline = ["violent", "cohesion"]',
        'headline = ["xx"]',
        "headline",
        ("unknown measure 'xx'. Write one of violent, disputes,", "cohesion"),
    ),
    Case(
        "measure twice",
        'headline = ["violent", "cohesion"]',
        'headline = ["blows", "blows"]',
        "headline",
        ("'blows' is given twice",),
    ),
    Case("no measure", 'headline = ["violent", "cohesion"]', "headline = []", "headline", ("no measure. Write",)),
    Case(
        "headline a text",
        'headline = ["violent", "cohesion"]',
        'headline = "blows"',
        "headline",
        ('"blows" is not a list. Write headline = ["blows"]',),
    ),
    # names and sections
    Case(
        "unknown section",
        "[people]",
        "[peple]",
        "[peple]",
        ("unknown name 'peple' (did you mean 'people'?)",),
    ),
    Case(
        "unknown field",
        "dissimilarity =",
        "disimilarity =",
        "disimilarity",
        ("people.disimilarity", "did you mean 'dissimilarity'?"),
    ),
    Case(
        "unknown field of a kind",
        PLATFORM,
        "seets = 30",
        "seets",
        ("platform.seets", "did you mean 'seats'?"),
    ),
    Case(
        "missing choice",
        PLATFORM,
        "",
        "[programmes.first.interventions.platform]",
        ("platform", "'seats' is missing", "people: invited to each session"),
    ),
    Case(
        "missing fact",
        HOUSE,
        "",
        "[people]",
        ("people: 'household_size' is missing", "household_size = { value = …, range", "mean household size"),
    ),
    Case(
        "missing title", 'title = { en = "broken" }', "", "# broken", ("'title' is missing", "title = { en =")
    ),
    Case(
        "title a text",
        'title = { en = "broken" }',
        'title = "broken"',
        'title = "broken"',
        ("title", "is not a table of texts", 'title = { en = "…" }'),
    ),
    Case(
        "title without English",
        'title = { en = "broken" }',
        'title = { ru = "x" }',
        "title = { ru",
        ("title", "the English text is missing"),
    ),
    Case(
        "title in unknown language",
        'title = { en = "broken" }',
        'title = { en = "x", rus = "y" }',
        "rus =",
        ("title.rus", "unknown language 'rus' (did you mean 'ru'?)"),
    ),
    Case(
        "title a number",
        'title = { en = "broken" }',
        "title = { en = 3 }",
        "en = 3",
        ("title.en", "3 is not a text"),
    ),
    Case(
        "section a number",
        "[programmes.first.interventions.platform]",
        "[norms]\nlearning = 1\n[programmes.first.interventions.platform]",
        "learning = 1",
        ("norms.learning", "stands alone"),
    ),
    Case(
        "kinds not a section",
        "start = 2019-03-04",
        "kinds = 3\nstart = 2019-03-04",
        "kinds = 3",
        ("kinds", "3 is not a section"),
    ),
    Case(
        "unknown kind in kinds",
        "",
        "[kinds.dialog_platform]\nseats = 3",
        "[kinds.dialog_platform]",
        ("unknown kind 'dialog_platform' (did you mean 'dialogue_platform'?)",),
    ),
    Case(
        "odd label",
        "[programmes.first.interventions.mediation]",
        '[programmes.first.interventions."mediation 1"]',
        '"mediation 1"',
        ("the name 'mediation 1' has other signs", "Rename it"),
    ),
    Case(
        "label begins with a digit",
        "[villages.upper]",
        "[villages.1st]",
        "[villages.1st]",
        ("the name '1st'", "Rename it"),
    ),
    Case(
        "label in Cyrillic",
        "[villages.upper]",
        '[villages."Жазы"]',
        "Жазы",
        ("the name 'Жазы'", "any script"),
    ),
    Case(
        "programme named nothing",
        "[programmes.first]",
        '[programmes.nothing]\ntitle = { en = "x" }\n[programmes.first]',
        "[programmes.nothing]",
        ("'nothing' is the empty programme", "another name"),
    ),
    # dates
    Case(
        "date as text",
        "start = 2019-03-04",
        'start = "2019-03-04"',
        "start =",
        ("start", "is not a date", "without quotation marks", "start = 2019-03-04"),
    ),
    Case(
        "date with time", "start = 2019-03-04", "start = 2019-03-04T10:00:00", "start =", ("is not a date",)
    ),
    Case(
        "impossible date",
        "start = 2019-03-04",
        "start = 2019-13-40",
        "start =",
        ("impossible date", "start = 2019-03-04"),
    ),
    Case(
        "date with points",
        "start = 2019-03-04",
        "start = 04.03.2019",
        "start =",
        ("impossible date", "year-month-day"),
    ),
    # shares
    Case(
        "communities not one",
        SHARE,
        SHARE.replace("0.7,", "0.65,"),
        "[communities.kyrgyz]",
        ("communities", "add up to 0.95, not 1", "Add 0.05", "kyrgyz 0.65, russian 0.3"),
    ),
    Case(
        "villages not one",
        UPPER,
        UPPER.replace("0.6,", "0.7,"),
        "[villages.upper]",
        ("villages", "add up to 1.1, not 1", "Take 0.1 off"),
    ),
    Case(
        "mix not one",
        "",
        '[disputes.mix]\nfamily = { value = 0.4, range = [0, 1], mark = "A", source = "own" }',
        "[disputes.mix]",
        ("disputes.mix", "add up to 1.1, not 1"),
    ),
    Case(
        "thirteen ages",
        HOUSE,
        HOUSE + '\nages = { value = [0.4, 0.6], mark = "A", source = "own" }',
        "ages =",
        ("people.ages", "2 shares instead of 14", "65+"),
    ),
    Case(
        "ages not one",
        HOUSE,
        HOUSE + f'\nages = {{ value = {[0.07] * 14}, mark = "A", source = "own" }}',
        "ages =",
        ("people.ages", "add up to 0.98, not 1"),
    ),
    Case(
        "age a text",
        HOUSE,
        HOUSE + '\nages = { value = [0.5, "x"], mark = "A", source = "own" }',
        "ages =",
        ("people.ages", "item 2", '"x" is text'),
    ),
    Case(
        "ages a number",
        HOUSE,
        HOUSE + '\nages = { value = 1, mark = "A", source = "own" }',
        "ages =",
        ("people.ages", "1 is not a list"),
    ),
    Case(
        "village shares not one",
        "",
        LOWER.replace("0.3,", "0.2,"),
        "[villages.lower.communities]",
        ("villages.lower.communities", "add up to 0.9, not 1"),
    ),
    Case(
        "village of unknown community",
        "",
        LOWER.replace("russian", "rusian"),
        "rusian",
        ("unknown community 'rusian' (did you mean 'russian'?)",),
    ),
    Case(
        "villages against the whole",
        "",
        LOWER.replace("0.7,", "0.1,").replace("0.3,", "0.9,"),
        SHARE,
        ("communities.kyrgyz.share", "'kyrgyz' is 0.7 of the municipality", "make up 0.46"),
    ),
    # references
    Case(
        "unknown confession",
        'confession = "orthodox"',
        'confession = "ortodox"',
        '"ortodox"',
        (
            "communities.russian.confession",
            "unknown confession 'ortodox' (did you mean 'orthodox'?). Write one of ",
            "[confessions.NAME]",
        ),
    ),
    Case(
        "unknown language",
        "kyrgyz = { value = 0.1,",
        "kirgyz = { value = 0.1,",
        "kirgyz",
        (
            "communities.russian.speaks.kirgyz",
            "unknown language 'kirgyz' (did you mean 'kyrgyz'?)",
            "first community",
        ),
    ),
    Case(
        "language a bare number",
        "kyrgyz = { value = 0.1,",
        "kyrgyz = 0.1 # ",
        "kyrgyz = 0.1",
        ("communities.russian.speaks.kyrgyz", "0.1 stands alone"),
    ),
    Case(
        "unknown kind",
        'kind = "dialogue_platform"',
        'kind = "dialog_platform"',
        '"dialog_platform"',
        (
            "platform.kind",
            "unknown kind of intervention 'dialog_platform' (did you mean 'dialogue_platform'?)",
        ),
    ),
    Case(
        "unknown shock",
        'kind = "youth_brawl"',
        'kind = "youth_brawls"',
        '"youth_brawls"',
        ("shocks.brawl.kind", "unknown kind of shock 'youth_brawls' (did you mean 'youth_brawl'?)"),
    ),
    Case(
        "shock as intervention",
        'kind = "training"',
        'kind = "drought"',
        '"drought"',
        (
            "mediation.kind",
            "unknown kind of intervention 'drought'",
        ),
    ),
    Case(
        "no kind",
        'kind = "training"',
        "",
        "[programmes.first.interventions.mediation]",
        ("mediation", "no kind of intervention is given", 'kind = "…"'),
    ),
    Case(
        "unknown word",
        'topic = "mediation"',
        'topic = "meditation"',
        '"meditation"',
        ("mediation.topic", "did you mean 'mediation'?"),
    ),
    Case(
        "text for true",
        "on_duty = true",
        'on_duty = "yes"',
        '"yes"',
        ("mediation.on_duty", "neither true nor false", "on_duty = true"),
    ),
    Case(
        "word without a close one",
        'who = "leaders"',
        'who = "teachers"',
        '"teachers"',
        ("mediation.who", 'Write one of "leaders", "officials"', '"youth"'),
    ),
    Case(
        "kind misspelt",
        'kind = "training"',
        'knd = "training"',
        "knd",
        ("mediation.knd: unknown name 'knd' (did you mean 'kind'?)",),
    ),
    Case(
        "more seats than there are",
        "religious_leaders = 0.2",
        "religious_leaders = 0.9",
        "[programmes.first.interventions.platform]",
        ("platform", "add up to 1.45, more than all seats. Take 0.45 off", "officials 0.25, religious_leaders 0.9"),
    ),
    Case("one for true", "on_duty = true", "on_duty = 1", "on_duty = 1", ("neither true nor false",)),
    Case(
        "unknown village of a kind",
        "",
        '[programmes.first.interventions.talk]\nkind = "public_meeting"\nstart = 1\nuntil = 9\nevery = 4\nseats = 10\nprice = 1\nvillage = "uper"',
        '"uper"',
        ("talk.village", "unknown village 'uper' (did you mean 'upper'?)"),
    ),
    Case(
        "unknown language of a kind",
        "",
        '[programmes.first.interventions.club]\nkind = "language_club"\nstart = 1\nweeks = 9\nsessions = 2\nclubs = 1\nlearners = 9\nspeakers = 3\nprice = 1\nlanguage = "kirgyz"',
        '"kirgyz"',
        ("club.language", "unknown language 'kirgyz' (did you mean 'kyrgyz'?)"),
    ),
    Case(
        "unknown community of a shock",
        "",
        '[shocks.talk]\nkind = "rumour"\nagainst = "russians"',
        '"russians"',
        ("shocks.talk.against", "unknown community 'russians' (did you mean 'russian'?)"),
    ),
    # weeks and money
    Case(
        "end before start",
        "until = 52",
        "until = 3",
        "until = 3",
        ("platform.until", "ends in week 3, before it starts in week 4", "until = 5 or more"),
    ),
    Case(
        "starts after the end",
        "weeks = 104",
        "weeks = 5",
        "start = 6",
        ("mediation.start", "week 6 lies after the end of the run (5 weeks)"),
    ),
    Case(
        "above budget",
        "price = 200",
        "price = 2000",
        "[programmes.first]",
        ("programmes.first", "above economy.budget (18000 USD)", "USD less, or raise the budget"),
    ),
    Case(
        "oldest below youngest",
        "",
        '[programmes.first.interventions.club]\nkind = "youth_club"\nstart = 1\nuntil = 9\nevery = 1\nclubs = 1\nplaces = 9\nyoungest = 18\noldest = 14\npeer_mediators = 1\nevents_every = 0\naudience = 0\nprice = 1\nevent_price = 1',
        "oldest = 14",
        ("club.oldest", "younger than the youngest", "oldest = 18"),
    ),
    # extends
    Case(
        "missing extends",
        'extends = "common"',
        'extends = "comon"',
        "extends =",
        ("extends", "no file or scenario named 'comon' (did you mean 'common'?)"),
    ),
    Case(
        "extends a number",
        'extends = "common"',
        "extends = 3",
        "extends =",
        ("extends", "3 is not a name", 'extends = "common"'),
    ),
    Case(
        "extends itself",
        'extends = "common"',
        'extends = "broken"',
        "extends =",
        (
            "extends",
            "no file or scenario named 'broken'",
        ),
    ),
    Case(
        "extends nothing",
        'extends = "common"',
        "",
        "# broken",
        ("'norms' is missing", 'begin the file with extends = "common"'),
    ),
    # not TOML
    Case(
        "duplicate key",
        SIZE,
        f"{SIZE}\n{SIZE.replace('6000', '6001')}",
        "6001",
        ("'people.size' is given twice, first on line", "Keep one"),
    ),
    Case("duplicate section", "", "[people]", "", ("'people' is given twice", "Keep one")),
    Case(
        "duplicate in a fact",
        SIZE,
        SIZE.replace("range", "value = 1, range"),
        "size = {",
        ("'people.size.value' is given twice",),
    ),
    Case("decimal comma", PLATFORM, "seats = 2,5", "seats = 2,5", ("written with a comma", "Write a point")),
    Case(
        "space in a number",
        SIZE,
        SIZE.replace("6000", "6 000"),
        "6 000",
        ("a number is written with a space", "write 6000"),
    ),
    Case("space in a choice", PLATFORM, "seats = 1 200", "seats = 1 200", ("write 1200",)),
    Case("decimal comma in a fact", HOUSE, HOUSE.replace("4.5", "4,5"), "4,5", ("written with a comma",)),
    Case(
        "fact over lines",
        SIZE,
        SIZE.replace(", range", ",\n  range"),
        "size = {",
        ("runs over several lines", "on one line"),
    ),
    Case(
        "comma before brace",
        SIZE,
        SIZE.replace('"own" }', '"own", }'),
        "size = {",
        ("a comma before '}'", "Remove the comma"),
    ),
    Case(
        "no quotation marks",
        'kind = "training"',
        "kind = training",
        "kind = training",
        ("neither a number nor a text", 'kind = "…"'),
    ),
    Case(
        "curly quotation marks",
        'kind = "training"',
        "kind = “training”",
        "kind = “",
        ("typographic quotation mark", "straight"),
    ),
    Case("open text", 'kind = "training"', 'kind = "training', 'kind = "training', ("a text is not closed",)),
    Case("colon", PLATFORM, "seats: 30", "seats: 30", ("':' where '=' belongs", "Write seats = …")),
    Case("no equals sign", PLATFORM, "seats 30", "seats 30", ("'=' is missing", "Write seats = …")),
    Case("open heading", "[people]", "[people", "[people", ("heading of a section is not closed",)),
    Case("capital true", "on_duty = true", "on_duty = True", "on_duty = True", ("write true, false",)),
    Case("backslash", 'title = { en = "broken" }', 'title = { en = "C:\\Users" }', "C:", ("backslash",)),
    Case("leading zero", PLATFORM, "seats = 030", "seats = 030", ("begins with 0",)),
]
