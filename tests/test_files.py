"""Scenario files: what is read, what is refused and in which words."""

from __future__ import annotations

import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from broken.cases import CASES, SIZE, STARTER, Case
from cohesion_sim import consistency, files
from cohesion_sim.files import builtin_scenarios, load_scenario, with_values
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import MARKS, InputError
from cohesion_sim.scenario import Scenario
from cohesion_sim.sets import parse_sets
from cohesion_sim.studies.calibration.load import load_calibration
from cohesion_sim.studies.plan import load_experiment
from cohesion_sim.toml_lines import TomlError, read_toml

MUNICIPALITIES = ("aleksandrovka", "gulistan", "yuryevka", "zhazy")


def refused(path: Path | str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    return caught.value.messages


@pytest.fixture
def write(tmp_path: Path):
    def to_file(text: str, name: str = "broken.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


# ------------------------------------------------------------------- lines of keys


def test_every_key_has_its_line() -> None:
    text = """# first
a = 1
"quoted key" = 'x' # [not.a.section]
b.c = [ # an array
  1,
  "two # ]",
  { d = 4 },
]
text = \"\"\"
[not.a.section]
e = 5 \\\"""\"\"\"
f = { g = "}", h = { i = [[1], [2]] } }

[s . "t.u"]
k = 2019-03-04 10:00:00
literal = '''
z = 1'''
l = 1
[[many]]
m = 1
[[many]]
m = 2
"""
    document = read_toml(text)
    lines = {
        ("a",): 2, ("quoted key",): 3, ("b",): 4, ("b", "c"): 4, ("b", "c", "1"): 6, ("b", "c", "2", "d"): 7,
        ("text",): 9, ("f", "h", "i", "1"): 12, ("s",): 14, ("s", "t.u"): 14, ("s", "t.u", "k"): 15,
        ("s", "t.u", "l"): 18, ("many", "0", "m"): 20, ("many", "1", "m"): 22,
    }  # fmt: skip
    assert {place: document.lines.get(place) for place in lines} == lines
    assert not {("not",), ("e",), ("z",)} & set(document.lines)


def test_lines_are_those_of_the_data() -> None:
    """Every key of the data has a line, and nothing else has."""

    def places(node: object, above: tuple[str, ...]) -> set[tuple[str, ...]]:
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        return {above} - {()} | {p for key, value in inner for p in places(value, (*above, str(key)))}

    for path in files._folder().glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        document = read_toml(text)
        assert places(document.data, ()) == set(document.lines)
        written = text.split("\n")
        for place, line in document.lines.items():
            assert place[-1].isdigit() or place[-1] in written[line - 1]


@pytest.mark.parametrize(
    "text", ["a\r\nb = 1", "a = 1\r\n\r\nb = = 2", "a = {\r\n b = 1 }", "\ufeffa = 1\nb = "]
)
def test_mistakes_have_a_place_in_any_line_ending(text: str) -> None:
    with pytest.raises(TomlError) as caught:
        read_toml(text)
    expected = {"a\r\n": 1, "a = 1\r\n": 3, "a = {": 1, "\ufeff": 2}
    assert caught.value.line == next(line for start, line in expected.items() if text.startswith(start))


# ------------------------------------------------------------------- broken files


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_file(case: Case, write) -> None:
    path = write(case.text())
    messages = refused(path)
    line = case.line() if case.at else len(STARTER.split("\n")) + 1
    here = [m for m in messages if re.match(rf"{re.escape(str(path))}:{line}[: ]", m)]
    assert any(all(part in message for part in case.says) for message in here), "\n".join(messages)
    for message in messages:
        assert re.match(rf"{re.escape(str(path))}:\d+:(\d+:)? \S", message), message
        assert "\n" not in message


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_mistake_in_one_pass(write) -> None:
    """Mistakes that do not hide each other are all told, sorted by line."""
    names = {
        "below",
        "unknown field of a kind",
        "one for true",
        "unknown confession",
        "villages not one",
        "odd label",
    }
    alone = [case for case in CASES if case.name in names]
    assert len(alone) == len(names)
    text = STARTER
    for case in alone:
        text = text.replace(case.old, case.new, 1)
    messages = refused(write(text))
    for case in alone:
        assert any(all(part in message for part in case.says) for message in messages), case.name
    numbers = [int(message.rsplit("broken.toml:", 1)[1].split(":")[0]) for message in messages]
    assert numbers == sorted(numbers)


def test_a_wrong_name_is_told_once(write) -> None:
    """Not once as unknown and once as missing."""
    for old, new, says in (
        ("seats = 30", "seets = 30", "did you mean 'seats'?"),
        (SIZE, SIZE.replace("size", "sze"), "did you mean 'size'?"),
        (SIZE, SIZE.replace("mark", "mrk"), "did you mean 'mark'?"),
        ("[people]", "[peple]", "did you mean 'people'?"),
        ('kind = "training"', 'kid = "training"', "did you mean 'kind'?"),
    ):
        (message,) = refused(write(STARTER.replace(old, new, 1)))
        assert says in message


def test_other_fields_of_a_wrong_table_are_looked_at(write) -> None:
    text = STARTER.replace("seats = 30", "seats = 9000").replace("until = 52", "until = 2")
    text = text.replace("officials = 0.25", "officials = 0.9").replace("start = 6", 'start = 200\nvillage = "x"', 1)
    told = "\n".join(refused(write(text)))
    assert "9000 is above" in told
    assert "ends in week 2, before it starts in week 4" in told
    assert "add up to 1.4, more than all seats" in told
    assert "week 200 lies after the end of the run" in told


def test_what_marks_mean_is_told_once(write) -> None:
    messages = refused(write(STARTER.replace('mark = "A"', 'mark = "G"')))
    marks = [message for message in messages if "unknown mark" in message]
    assert len(marks) > 10
    assert ["D: derived" in message for message in marks] == [True, *[False] * (len(marks) - 1)]
    assert all("Write one of F, D, M-h" in message for message in marks)


ODD = (
    "0",
    "-1",
    '"x"',
    "[]",
    "{}",
    "true",
    "nan",
    "[[1]]",
    "99999999999999999999",
    "{ value = {}, mark = [], source = {} }",
)


def test_no_traceback_whatever_stands_in_a_line(write) -> None:
    """Each entry in turn gets some odd value, each section becomes one: words, never an accident."""
    lines = STARTER.split("\n")
    messages: list[str] = []
    for number, line in enumerate(lines):
        odd = ODD[number % len(ODD)]
        if line[:1] == "[":
            changed = [f"{line.strip('[]').split(']')[0]} = {odd}", *lines[:number], *lines[number + 1 :]]
        elif "=" in line and line[:1] != "#":
            changed = [*lines[:number], f"{line.split('=', maxsplit=1)[0]}= {odd}", *lines[number + 1 :]]
        else:
            continue
        try:
            load_scenario(write("\n".join(changed)))
        except InputError as error:
            messages += error.messages
    assert len(messages) > 50
    assert all(re.search(r"\.toml:\d+:", message) for message in messages)


def test_a_mistake_in_what_is_extended_is_told_there(tmp_path: Path) -> None:
    (tmp_path / "below.toml").write_text(STARTER.replace(SIZE, SIZE.replace("6000", "12")), encoding="utf-8")
    (tmp_path / "above.toml").write_text('extends = "below"\ntitle = { en = "x" }\n', encoding="utf-8")
    line = 1 + STARTER[: STARTER.index(SIZE)].count("\n")
    assert any(
        m.startswith(f"{tmp_path / 'below.toml'}:{line}: people.size: 12 is")
        for m in refused(tmp_path / "above.toml")
    )


def test_extends_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('extends = "two"\n', encoding="utf-8")
    (tmp_path / "two.toml").write_text('\nextends = "one"\n', encoding="utf-8")
    (message,) = refused(tmp_path / "one.toml")
    assert message.startswith(f"{tmp_path / 'two.toml'}:2: extends: 'one' leads back")


def test_empty_folder_missing_and_not_utf8(tmp_path: Path, write) -> None:
    assert "the file is empty" in refused(write("  \n\n"))[0]
    assert "the file is empty" in refused(write("\ufeff"))[0]
    assert "this is a folder" in refused(tmp_path)[0]
    assert "did you mean 'zhazy'?" in refused("zhasy")[0]
    assert "did you mean 'zhazy'?" in refused(tmp_path / "zhazi.toml")[0]
    assert "no such file" in refused("")[0] or "folder" in refused("")[0]
    path = tmp_path / "old.toml"
    path.write_bytes(b'# one\n# two\ntitle = { en = "\xc6\xe0\xe7\xfb" }\n')
    assert refused(path)[0].startswith(f"{path}:3: the file is not UTF-8")
    path.write_bytes(STARTER.encode("utf-16"))
    assert "not UTF-8" in refused(path)[0]
    path.write_bytes(b"a = 1\x00")
    assert refused(path)[0].startswith(f"{path}:1:")
    assert "nested" in refused(write("a = " + "[" * 5000))[0]


def test_bom_and_windows_line_endings_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + STARTER.replace("\n", "\r\n").encode())
    scenario = load_scenario(path)
    assert scenario.people.size == 6000
    assert scenario.provenance["people.size"].line == 1 + STARTER[: STARTER.index(SIZE)].count("\n")


# ------------------------------------------------------------------- good files


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    return {name: load_scenario(name) for name in builtin_scenarios()}


def test_built_in_scenarios(scenarios: dict[str, Scenario]) -> None:
    assert set(scenarios) == {*MUNICIPALITIES, *(f"{name}_high_tension" for name in MUNICIPALITIES)}
    for name, scenario in scenarios.items():
        assert scenario.name == name
        assert "odelled on" in scenario.title["en"]
        assert {"ru", "ky"} <= set(scenario.title)
        assert not [words for _, words in consistency.problems(scenario)]


def test_headlines(scenarios: dict[str, Scenario], write) -> None:
    """Each place puts its own issue first; its tense years inherit that."""
    first = {name: scenario.headline[0] for name, scenario in scenarios.items()}
    issue = {"aleksandrovka": "marriages", "gulistan": "marriages", "yuryevka": "blows", "zhazy": "blows"}
    assert first == {**issue, **{f"{name}_high_tension": measure for name, measure in issue.items()}}
    assert all({"violent", "cohesion"} <= set(scenario.headline) for scenario in scenarios.values())
    line = next(line for line in STARTER.split("\n") if line.startswith("headline"))
    assert load_scenario(write(STARTER.replace(line, ""))).headline == ("violent", "cohesion")
    assert with_values(scenarios["zhazy"], {"headline": ["language"]}).headline == ("language",)


def test_the_page_on_files_names_every_measure() -> None:
    text = (Path(__file__).parents[1] / "docs" / "scenario-files.md").read_text("utf-8")
    told = text.split("A headline may name ", 1)[1].split(".\n", 1)[0]
    assert re.findall(r"`(\w+)`", told) == list(MEASURES)


def test_programmes_cost_the_same(scenarios: dict[str, Scenario]) -> None:
    for name in MUNICIPALITIES:
        scenario = scenarios[name]
        wanted = {"project", "dialogue_only", "mediation_only", "initiatives_only", "competition"}
        assert wanted <= set(scenario.programmes)
        for programme in scenario.programmes.values():
            cost = sum(each.planned_cost(scenario.weeks) for each in programme.interventions.values())
            assert 0.98 * 18_000 <= cost <= 18_000 == scenario.economy.budget, (name, programme.name)


def test_every_number_has_its_origin(scenarios: dict[str, Scenario]) -> None:
    for scenario in scenarios.values():
        for path, origin in scenario.provenance.items():
            assert origin.unit
            assert origin.meaning
            assert origin.file.startswith("scenarios/")
            assert origin.line > 0
            if origin.kind == "fact":
                assert origin.mark in MARKS, path
                assert origin.source, path
                assert path.startswith("people.ages") or origin.range[0] <= origin.value <= origin.range[1]
        numbers = set(_numbers(scenario))
        assert numbers == set(scenario.provenance), numbers ^ set(scenario.provenance)


def _numbers(node: object, path: str = "") -> list[str]:
    """Return the paths of all numbers of a scenario."""
    if isinstance(node, bool | str) or node is None:
        return []
    if isinstance(node, int | float):
        return [path]
    if path == "people.ages":
        return [f"{path}.{low}-{low + 4}" for low in range(0, 65, 5)] + [f"{path}.65+"]
    skip = ("provenance", "sources", "text", "name", "title", "description")
    if isinstance(node, dict):
        inner = node.items()
    else:
        fields = getattr(node, "__dataclass_fields__", {})
        inner = [(field, getattr(node, field)) for field in fields if field not in skip]
    return [p for key, value in inner for p in _numbers(value, f"{path}.{key}" if path else key)]


def test_the_lines_of_the_provenance_are_right(scenarios: dict[str, Scenario]) -> None:
    for scenario in scenarios.values():
        for path, origin in scenario.provenance.items():
            text = (
                (files._folder() / Path(origin.file).name)
                .read_text(encoding="utf-8")
                .split("\n")[origin.line - 1]
            )
            key = "ages" if path.startswith("people.ages") else path.rpartition(".")[2]
            assert text.startswith(f"{key} = "), (path, origin.file, origin.line)
            if key != "ages":
                assert str(origin.value).removesuffix(".0") in text


def test_facts_of_the_setting(scenarios: dict[str, Scenario]) -> None:
    """Numbers that the sources give and that nobody should change by accident."""
    assert [scenarios[name].people.size for name in MUNICIPALITIES] == [10_000, 16_000, 4_205, 12_000]
    assert [scenarios[name].people.dissimilarity for name in MUNICIPALITIES] == [0.35, 0.7, 0.45, 0.6]
    assert [scenarios[name].marriage.hazard for name in MUNICIPALITIES] == [0.047, 0.026, 0.047, 0.026]
    for name in MUNICIPALITIES:
        calm, tense = scenarios[name].disputes, scenarios[f"{name}_high_tension"].disputes
        assert tense.group_fight * tense.gathering == pytest.approx(
            5 * calm.group_fight * calm.gathering, rel=0.01
        )
        assert scenarios[name].disputes.settled_working == 0.84


def test_scenarios_survive_pickling(scenarios: dict[str, Scenario]) -> None:
    assert pickle.loads(pickle.dumps(scenarios["zhazy"])) == scenarios["zhazy"]


def test_extends_merges_and_facts_are_replaced_whole(tmp_path: Path, write) -> None:
    path = write(
        STARTER
        + "\n[contact]\n"
        + 'gain = { value = 0.2, range = [0.1, 0.3], mark = "A", source = "own", note = "mine" }\n'
    )
    scenario, below = load_scenario(path), load_scenario("zhazy")
    assert scenario.contact.gain == 0.2
    assert scenario.contact.good == below.contact.good
    assert scenario.provenance["contact.gain"].note == "mine"
    assert scenario.provenance["contact.good"].file == "scenarios/common.toml"
    half = write(STARTER + "\n[contact]\ngain = { value = 0.2 }\n", "half.toml")
    assert (
        sum("contact.gain" in message for message in refused(half)) == 3
    )  # range, mark and source are asked for again


def test_kinds_give_defaults_that_a_programme_overrides(write) -> None:
    scenario = load_scenario(write(STARTER))
    platform = scenario.programmes["first"].interventions["platform"]
    training = scenario.programmes["first"].interventions["mediation"]
    assert (platform.turnout, training.turnout) == (0.7, 0.8)
    assert scenario.provenance["programmes.first.interventions.platform.turnout"].file.endswith("broken.toml")
    assert (
        scenario.provenance["programmes.first.interventions.mediation.turnout"].file
        == "scenarios/common.toml"
    )


def test_inherited_programmes_may_be_too_long_and_too_dear(write) -> None:
    budget = '\n[economy]\nbudget = { value = 9000, range = [8000, 9000], mark = "A", source = "own" }\n'
    scenario = load_scenario(write(STARTER.replace("weeks = 104", "weeks = 40") + budget))
    late_or_dear = {place[1] for place, _ in consistency.plans(scenario)}
    assert "dialogue_only" in late_or_dear
    assert "first" not in late_or_dear
    assert with_values(scenario, {"economy.budget": 8000}).economy.budget == 8000


def test_a_copied_folder_of_scenarios_works(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(files._folder(), folder)
    text = (folder / "common.toml").read_text(encoding="utf-8")
    (folder / "common.toml").write_text(
        text.replace("gain = { value = 0.12,", "gain = { value = 0.11,", 1), encoding="utf-8"
    )
    assert load_scenario(folder / "zhazy_high_tension.toml").contact.gain == 0.11
    assert load_scenario("zhazy_high_tension").contact.gain == 0.12


KIND = '''
from dataclasses import dataclass
from typing import Annotated, Literal
from cohesion_sim.activities import NOTHING
from cohesion_sim.parameters import Choice, Fact

@dataclass(frozen=True, slots=True, kw_only=True)
class TeaHouse:
    start: Annotated[int, Choice("week", 0, 520, "opens")]
    cups: Annotated[float, Fact("cups", 0, 10, "a guest")]
    villages: tuple[str, ...] = ()
    mood: Literal["calm", "merry"] = "calm"
    sugar: Annotated[int, Choice("lumps", 0, 5, "a cup")] = 2

    def __post_init__(self):
        if self.sugar == 5:
            raise ValueError("too sweet")

    def act(self, week, people, draws):
        return NOTHING
'''  # fmt: skip
TEA = """
[programmes.first.interventions.tea]
kind = "tea_house"
start = 3
cups = { value = 2, range = [1, 3], mark = "A", source = "own" }
"""


def test_own_kinds_lie_beside_the_scenario(tmp_path: Path, write) -> None:
    (tmp_path / "interventions").mkdir()
    own = tmp_path / "interventions" / "tea_house.py"
    own.write_text(KIND, encoding="utf-8")
    scenario = load_scenario(write(STARTER + TEA + 'villages = ["upper"]\n'))
    tea = scenario.programmes["first"].interventions["tea"]
    assert (tea.cups, tea.villages, tea.mood, tea.sugar) == (2.0, ("upper",), "calm", 2)
    assert scenario.provenance["programmes.first.interventions.tea.sugar"].note == "default of the kind"
    assert "tea_house" in files.kinds(tmp_path)["interventions"]
    assert "tea_house" not in files.kinds()["interventions"]
    for text, says in (
        ('villages = ["uper"]', "unknown village 'uper' (did you mean 'upper'?)"),
        ('villages = "upper"', 'Write villages = ["upper"]'),
        ("villages = [3]", "item 1: 3 is not a text"),
        ('mood = "merri"', "did you mean 'merry'?"),
        ("sugar = 5", "too sweet"),
    ):
        assert any(says in message for message in refused(write(STARTER + TEA + text)))
    for text, says in (
        ("x = (", "tea_house.py:1: this kind cannot be read: SyntaxError"),
        ("\nimport nowhere_at_all", "tea_house.py:2: this kind cannot be read: ModuleNotFoundError"),
        ("x = 1", "no class 'TeaHouse' here"),
        ("class TeaHouse: pass", "is not a dataclass"),
        (KIND.split("    def act", maxsplit=1)[0], "cannot act"),
        (
            "from __future__ import annotations" + KIND.replace("start: Annotated", "start: Anotated"),
            "cannot be read: name",
        ),
    ):
        own.write_text(text, encoding="utf-8")
        assert any(says in message for message in refused(write(STARTER + TEA)))
    (tmp_path / "interventions" / "training.py").write_text(KIND, encoding="utf-8")
    assert any("a kind named 'training' is built in" in message for message in refused(write(STARTER)))


def test_kinds_are_found_by_file_name() -> None:
    kinds = files.kinds()
    assert {"dialogue_platform", "training", "initiative_group"} <= set(kinds["interventions"])
    assert {"drought", "youth_brawl"} <= set(kinds["shocks"])
    assert kinds["interventions"]["dialogue_platform"].__name__ == "DialoguePlatform"


# ------------------------------------------------------------------- values set by the user


def test_values_can_be_set(scenarios: dict[str, Scenario]) -> None:
    zhazy = scenarios["zhazy"]
    changed = with_values(
        zhazy,
        {
            "people.size": np.int64(8000),
            "contact.gain": np.float64(0.2),
            "project.platform.seats": 20.0,
            "programmes.project.interventions.platform.every": 8,
            "kinds.training.turnout": 0.6,
            "communities.uzbek.speaks.russian": 0.4,
            "shocks.drought.chance": 0,
        },
    )
    assert changed.people.size == 8000
    assert type(changed.people.size) is int
    assert changed.contact.gain == 0.2
    assert changed.communities["uzbek"].speaks["russian"] == 0.4
    platform = changed.programmes["project"].interventions["platform"]
    assert (platform.seats, platform.every) == (20, 8)
    trainings = [
        i
        for p in changed.programmes.values()
        for i in p.interventions.values()
        if type(i).__name__ == "Training"
    ]
    assert {training.turnout for training in trainings} == {0.6}
    assert changed.provenance["programmes.project.interventions.platform.seats"].mark == "user"
    assert changed.provenance["people.size"].value == 8000
    assert changed.provenance["people.size"].range == zhazy.provenance["people.size"].range
    assert "# set people.size = 8000" in changed.text
    assert zhazy.people.size == 12_000
    assert zhazy.provenance["people.size"].mark == "A"
    assert with_values(zhazy, {"weeks": 12}).weeks == 12  # what starts later simply does not happen


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"people.sze": 1}, "people.sze=1: unknown name 'sze' (did you mean 'size'?)"),
        ({"peple.size": 1}, "did you mean 'people'?"),
        ({"people.size": 12}, "12 is below the limit 200 (people)"),
        ({"people.size": "many"}, 'people.size=many: "many" is text, not a number. Write e.g. people.size=12000 (a'),
        ({"contact.gain": "abc"}, "Write e.g. contact.gain=0.12 (a number from 0 to 1)"),
        ({"kinds.training.turnout": 70}, "is this per cent? Write e.g. kinds.training.turnout=0.7 (a number"),
        ({"project.platform.officials": 0.9}, "programmes.project.interventions.platform: the shares of seats add up"),
        ({"headline": ["blow"]}, "unknown measure 'blow' (did you mean 'blows'?)"),
        ({"people.size": True}, "not a number"),
        ({"people.size": None}, "not a number"),
        ({"people": 3}, "'people' is a section"),
        ({"people.size.x": 3}, "'size' has no entries"),
        ({"": 3}, "unknown name ''"),
        ({"project.platfrom.seats": 3}, "did you mean 'platform'?"),
        ({"project.mediation.topic": "meditation"}, "did you mean 'mediation'?"),
        ({"project.platform.until": 2}, "ends in week 2, before it starts"),
        ({"project.platform.price": 5000}, "above economy.budget"),
        ({"communities.uzbek.share": 0.5}, "add up to 1.43, not 1"),
        ({"kinds.dialog.turnout": 0.5}, "no intervention or shock of the kind 'dialog'"),
        ({"name": "x"}, "unknown name 'name'"),
        ({"people.ages": [0.5, 0.6]}, "2 shares instead of 14"),
    ],
)
def test_values_are_refused_in_words(
    scenarios: dict[str, Scenario], values: dict[str, object], says: str
) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        with_values(scenarios["zhazy"], values)


def test_all_refused_values_are_told(scenarios: dict[str, Scenario]) -> None:
    with pytest.raises(InputError) as caught:
        with_values(scenarios["zhazy"], {"people.size": 1, "contact.gain": 7})
    assert len(caught.value.messages) == 2


def test_sets_from_the_command_line() -> None:
    sets = parse_sets(
        ["people.size=8000", "contact.gain = 0.2", "a.b=true", "a.c=word", 'a.d="x"', "a.e=[1, 2]"]
    )
    assert sets == {
        "people.size": 8000,
        "contact.gain": 0.2,
        "a.b": True,
        "a.c": "word",
        "a.d": "x",
        "a.e": [1, 2],
    }
    for text, lacks in (("people.size", "value"), ("people.size=", "value"), ("=3", "name"), ("", "name")):
        with pytest.raises(InputError, match=f"the {lacks} is missing. Write a place and a value"):
            parse_sets([text])
    with pytest.raises(InputError, match=r"people.size is set twice, first to 8000\. Keep one"):
        parse_sets(["people.size=8000", "people.size = 9000"])
    assert load_scenario("zhazy", {"people.size": 9000}).people.size == 9000


def test_a_number_set_from_outside_is_checked_with_its_section() -> None:
    scenario = load_scenario("portfolio_yuryevka")
    with pytest.raises(InputError, match=r"portfolio\.budget: 10 USD buys nothing: messages, the cheapest entry"):
        files.with_values(scenario, {"portfolio.budget": 10})
    assert files.with_values(scenario, {"portfolio.budget": 9000}).portfolio.budget == 9000


@pytest.mark.parametrize(
    ("text", "read", "says", "verb"),
    [
        ('question = "Why?"\nscenarios = ["zhazy"]\n', load_scenario, "this is an experiment", "study run"),
        ('scenario = "zhazy"\n[fit]\n"contact.gain" = "range"\n', load_scenario, "this is a calibration", "calibrate"),
        ('extends = "zhazy"\n[people]\nsize = 900\n', load_experiment, "this is a scenario", "run"),
        ('extends = "zhazy"\n[portfolio]\nbudget = 900\n', load_calibration, "this is a portfolio", "portfolio"),
    ],
)  # fmt: skip
def test_a_file_for_another_verb_is_called_so_in_one_line(
    tmp_path: Path, text: str, read, says: str, verb: str
) -> None:
    path = tmp_path / "other.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.messages == (f"{path}: {says}. Write cohesion-sim {verb} {path}",)


def test_a_number_with_commas_is_not_cut_at_the_comma() -> None:
    with pytest.raises(InputError, match=r"written without commas\. Write --set portfolio\.budget=9000$"):
        parse_sets(["portfolio.budget=9,000"])
