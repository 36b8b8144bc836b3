"""Trial files with mistakes: every one is told with file, line, place and mend, before anything starts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import trials
from broken.trial_cases import CASES, WHOLE, Case
from cohesion_sim import files
from cohesion_sim.cli import cli
from cohesion_sim.consistency_trial import COUNTS
from cohesion_sim.designs import PERSON_MEASURES
from cohesion_sim.parameters import InputError
from cohesion_sim.studies.trial.run import loaded_trial
from cohesion_sim.studies.trial.worlds import rows_of


def refused(path) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        files.load_scenario(path)
    return caught.value.messages


def call(*words: str):
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_the_whole_trial_is_fine_and_check_says_what_it_is(tmp_path):
    (tmp_path / "whole.toml").write_text(WHOLE, "utf-8")
    done = call("check", tmp_path / "whole.toml")
    assert done.exit_code == 0, done.output
    assert "trial: 8 places, 2 arms" in done.output
    assert "trial" not in call("check", "zhazy").output


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_trial(case: Case, tmp_path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(case.text(), "utf-8")
    messages = refused(path)
    here = [m for m in messages if m.startswith(f"{path}:{case.line()}:")]
    assert any(all(part in message for part in case.says) for message in here), "\n".join(messages)
    for message in messages:
        assert re.match(rf"{re.escape(str(path))}:\d+: \S", message), message
        assert "\n" not in message
        assert re.search(r"[Ww]rite|[Rr]emove|Exchange|Name |Add |lists all|Correct", message), f"no mend: {message}"


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


def test_several_mistakes_in_one_pass_and_no_traceback(tmp_path) -> None:
    text = WHOLE
    for old, new in (
        ("waves = [0, 12]", "waves = [0, 99]"),
        ('programmes = ["club"]', 'programmes = ["clib"]'),
        ("n = 30", "n = 9999"),
        ('measure = "attitude"', 'measure = "mood"'),
        ("low = 0\nhigh = 0.3", "low = 0.5\nhigh = 0.3"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = tmp_path / "broken.toml"
    path.write_text(text, "utf-8")
    lines = [int(message.removeprefix(f"{path}:").split(":")[0]) for message in refused(path)]
    wanted = ["waves = [0, 99]", '"clib"', "n = 9999", '"mood"', "low = 0.5"]
    assert lines == [next(n for n, line in enumerate(text.split("\n"), 1) if part in line) for part in wanted]
    for verb in ("check", "trial", "power"):
        done = call(verb, path)
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 5
        assert "Traceback" not in done.output


# ------------------------------------------------------------------------------------ the table of places


def with_table(folder, cells: str | bytes, more: str = "") -> object:
    path = folder / "sub" / "tabled.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(trials.text(trials.TRIAL.replace("places = 4", 'places = 4\ntable = "places.csv"') + more), "utf-8")
    if cells:
        (path.parent / "places.csv").write_bytes(cells if isinstance(cells, bytes) else cells.encode())
    return path


GOOD = "people.size,attitudes.other_ethnicity\n220,0.4\n\n260,0.6\n"


def test_a_table_lies_beside_its_file_and_gives_each_place_its_numbers(tmp_path, monkeypatch):
    path = with_table(tmp_path, b"\xef\xbb\xbf" + GOOD.encode())
    monkeypatch.chdir(tmp_path)  # not where the table lies
    scenario = files.load_scenario(path)
    assert rows_of(scenario.trial.table) == [
        {"people.size": 220, "attitudes.other_ethnicity": 0.4},
        {"people.size": 260, "attitudes.other_ethnicity": 0.6},
    ]
    from cohesion_sim.studies.trial.worlds import places

    sizes = [(p.scenario.people.size, p.scenario.attitudes.other_ethnicity) for p in places(scenario, 1, 0)]
    assert sizes == [(220, 0.4), (260, 0.6)] * 2


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("", ("places.csv: the file cannot be read (No such file or directory)", "Write the name of a CSV file")),
        ("people.size\n", ("places.csv: no row below the names", "Write a row for each place")),
        ("people.siz\n220\n", ("places.csv:1: column 1: unknown name 'siz'", "did you mean 'size'?", "lists all")),
        ("people.size,\n220,1\n", ("places.csv:1: column 2: has no name",)),
        ("people.size,people.size\n220,230\n", ("places.csv:1: column 2: 'people.size' stands twice",)),
        ("people.size\n220\nmany\n", ("places.csv:3: column people.size: \"many\" is not a number",)),
        ("people.size\n220\n\"\"\n220,1\n", ("places.csv:4: has 2 cells, but there are 1 columns",)),
        ('attitudes.own\n"0,5"\n', ('places.csv:2: column attitudes.own: "0,5" is not a number', "Write 0.5")),
        ("people.size\n12\n", ("places.csv:2: column people.size: 12 is below the limit 200 (people)", "from 200")),
        ("people.size\n220.5\n", ("places.csv:2: column people.size: 220.5 is not a whole number",)),
        ("attitudes.own\nnan\n", ("places.csv:2: column attitudes.own: nan is not a number that can be used",)),
        ("people.size,attitudes.own\n220\n", ("places.csv:2: has 1 cells, but there are 2 columns",)),
        ("people.size;attitudes.own\n220;0,5\n", ("places.csv: the columns are divided by semicolons", "commas")),
        (b"people.size\n\xff\xfe220\n", ("places.csv: the file is not UTF-8", "CSV UTF-8")),
    ],
)  # fmt: skip
def test_broken_tables_are_refused_by_check_and_trial_before_anything_starts(tmp_path, cells, says):
    path = with_table(tmp_path, cells)
    line = next(n for n, text in enumerate(path.read_text("utf-8").split("\n"), 1) if "table = " in text)
    messages = refused(path)
    assert any(m.startswith(f"{path}:{line}: trial.table: ") and all(s in m for s in says) for m in messages), messages
    for verb in ("check", "trial"):
        done = call(verb, path, *([] if verb == "check" else ["--out", tmp_path / "out"]))
        assert done.exit_code == 2
        assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_several_mistakes_of_a_table_in_one_pass(tmp_path):
    messages = refused(with_table(tmp_path, "people.size,attitudes.own,people.hight\n1,0.5,2\nx,7,2\n"))
    assert [re.search(r"places\.csv:\d+: column [\w.]+", m)[0] for m in messages] == [
        "places.csv:1: column 3",
        "places.csv:2: column people.size",
        "places.csv:3: column attitudes.own",
        "places.csv:3: column people.size",
    ]


def test_numbers_that_make_no_scenario_together_are_refused_before_anything_starts(tmp_path):
    """Each number may stand alone, but shares of communities add to one."""
    path = with_table(tmp_path, "communities.first.share\n0.5\n0.7\n")
    for verb in ("check", "trial", "power"):
        done = call(verb, path)
        assert done.exit_code == 2
        assert "tabled: place 2 of the trial: " in done.stderr
        assert "0.7" in done.stderr or "1.2" in done.stderr
        assert "place 1" not in done.stderr


def test_a_number_in_the_table_and_in_vary_is_refused(tmp_path):
    vary = '[trial.vary.size]\nnumber = "people.size"\nspread = "list"\nvalues = [220]\n'
    (message,) = refused(with_table(tmp_path, GOOD, vary))
    assert "trial.vary.size.number: 'people.size' stands in the table too" in message
    assert "Remove one of the two" in message


# ---------------------------------------------------------------------------------- values set by the user


def test_what_the_user_sets_is_checked_like_the_file(tmp_path):
    path = tmp_path / "whole.toml"
    path.write_text(WHOLE, "utf-8")
    assert loaded_trial(path, {"trial.places": 10}).trial.places == 10
    for setting, says in (
        ("trial.places=2", "cannot be told from the difference between any two places"),
        ("trial.samples.residents.n=5000", "5000 are asked"),
        ("trial.places=many", "not a number"),
        ("trial.plaecs=4", "did you mean 'places'?"),
        ("weeks=6", "wave 12 comes after the end of the run (6 weeks)"),
    ):
        done = call("trial", path, "--set", setting)
        assert done.exit_code == 2, setting
        assert says in done.stderr, (setting, done.stderr)


def test_a_file_without_a_trial_or_without_designs_says_what_to_add(tmp_path):
    done = call("trial", "zhazy")
    assert done.exit_code == 2
    assert "zhazy: has no trial. Add a section [trial]" in done.stderr
    path = tmp_path / "small.toml"
    path.write_text(trials.text(), "utf-8")
    done = call("power", path)
    assert done.exit_code == 2
    assert "has no section [trial.power]" in done.stderr


# --------------------------------------------------------------------------------------- files that we give


ROOT = Path(__file__).resolve().parents[1]


OURS = sorted(path for path in (ROOT / "experiments").rglob("*.toml") if "\n[trial]\n" in path.read_text("utf-8"))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_the_trial_files_of_the_clone_are_fine(path):
    done = call("check", path)
    assert done.exit_code == 0, done.output
    assert re.search(r"trial: \d+ places, [2-9] arms", done.output)


def test_the_example_has_everything_a_cluster_trial_needs():
    trial = files.load_scenario(ROOT / "experiments" / "trial_example.toml").trial
    assert trial.waves[0] == 0
    assert trial.outcomes["norm"].estimator == "adjusted"
    assert min(trial.power.place_cost, trial.power.treated_cost, trial.power.interview_cost) > 0
    assert max(trial.power.places) == trial.places


def test_the_trial_on_the_page_is_a_trial(tmp_path):
    page = (ROOT / "docs" / "trials.md").read_text("utf-8")
    (example,) = re.findall(r"(?ms)^```toml\n(.*?)^```", page)
    (tmp_path / "page.toml").write_text(example, "utf-8")
    done = call("check", tmp_path / "page.toml")
    assert done.exit_code == 0, done.output
    assert "trial: 20 places, 2 arms" in done.output


def test_the_page_names_every_measure_and_count():
    page = (ROOT / "docs" / "trials.md").read_text("utf-8")
    listed = page.split("### What was published")[0].split("Measures of people")[1]
    assert set(re.findall(r"`(\w+)`", listed)) == {*PERSON_MEASURES, *COUNTS}
