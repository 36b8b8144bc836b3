"""The experiment files that come with the package: valid, answered beside, and run from end to end at tiny size."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from cohesion_sim import files
from cohesion_sim.studies.conduct import conduct
from cohesion_sim.studies.plan import plan

FOLDER = files.shipped("experiments")
TINY = 300  # people, for four weeks


@pytest.fixture(scope="module")
def expected() -> ModuleType:
    """Return experiments/expected.py as a module."""
    spec = importlib.util.spec_from_file_location("expected", FOLDER / "expected.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ANSWERED = sorted(path.name.removesuffix(".expected.csv") for path in FOLDER.glob("*.expected.csv"))


def test_every_question_of_the_programme_is_there():
    assert set(ANSWERED) >= {
        *("dose_of_dialogue", "mixing_of_groups", "whom_to_train", "one_big_or_many_small"),
        *("after_the_money", "segregation_x_programme", "provocation"),
    }


@pytest.mark.parametrize("name", ANSWERED)
def test_the_expected_numbers_are_those_of_the_file(name):
    made, table = plan(FOLDER / f"{name}.toml"), pd.read_csv(FOLDER / f"{name}.expected.csv")
    every, weeks = made.experiment.keep.every, made.experiment.weeks
    kept = list(range(every, weeks + 1, every)) if every else [weeks]
    assert sorted(table["week"].unique()) == kept
    assert set(table["programme"]) == set(made.arms[1:])
    assert set(table["measure"]) == set(made.experiment.keep.measures)
    rows = len(made.points) * len(kept) * (len(made.arms) - 1) * len(made.experiment.keep.measures)
    assert len(table) == rows
    known = table.dropna()
    assert (known["low"] <= known["effect"]).all()
    assert (known["effect"] <= known["high"]).all()
    assert known["effect"].abs().max() > 0


@pytest.mark.parametrize("name", ANSWERED)
def test_the_file_runs_from_end_to_end(name, expected, tmp_path):
    made = plan(FOLDER / f"{name}.toml").experiment
    keep = {"measures": list(made.keep.measures), "every": 2 if made.keep.every else 0}
    # As the file, but of two values at most, small and short.
    vary = {path: values[:2] for path, values in made.vary.items()} | {"people.size": [TINY]}
    entries = {
        "question": made.question, "scenarios": [_here(one) for one in made.scenarios],
        "programmes": list(made.programmes), "replications": 1, "weeks": 4, "seed": made.seed,
        "vary": vary, "keep": keep,
    }  # fmt: skip
    store = conduct(entries, tmp_path / "study", workers=0)
    assert store.complete
    assert store.failures().empty
    found = expected.effects(store)
    assert set(found["measure"]) == set(made.keep.measures)
    assert np.isfinite(found["nothing"]).any()


def _here(scenario: str) -> str:
    """Return a scenario as it is found from any folder."""
    beside = FOLDER / f"{scenario}.toml"
    return str(beside) if beside.is_file() else scenario


def test_whoever_gives_a_new_number_is_told(expected, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(expected, "HERE", tmp_path)
    table = pd.read_csv(FOLDER / "dose_of_dialogue.expected.csv")
    table.to_csv(tmp_path / "dose_of_dialogue.expected.csv", index=False)
    monkeypatch.setattr("sys.argv", ["expected.py", "dose_of_dialogue"])
    for change, words, code in ((0.0, "as expected", 0), (0.001, "differs from what was expected", 1)):
        moved = table.assign(effect=table["effect"] + change)
        monkeypatch.setattr(expected, "came_out", lambda name, workers, found=moved: found)
        with pytest.raises(SystemExit) as stopped:
            expected.main()
        assert stopped.value.code == code
        assert words in capsys.readouterr().out


def test_what_lies_beside_is_named_in_the_list():
    text = (FOLDER / "README.md").read_text("utf-8")
    for path in FOLDER.glob("*.toml"):
        assert f"]({path.name})" in text, path.name
    assert Path(FOLDER / "country" / "national_shocks.toml").is_file()
