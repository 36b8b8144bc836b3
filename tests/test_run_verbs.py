"""The verbs run and compare: what they ask for, print, refuse and leave behind."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import types

import click
import pandas as pd
import pytest
from click.testing import CliRunner

import synthetic
from cohesion_sim import files
from cohesion_sim.cli import cli

SHIFTS = {
    "dialogue_only": {"spending": 900.0},
    "project": synthetic.PROJECT,
    "idle": {},
}


@pytest.fixture
def execution(monkeypatch, tmp_path):
    """Replace files and runs by made-up ones; return what was asked for."""
    asked: dict[str, object] = {"failures": 0, "error": None}

    def run(scenario, *, programmes, weeks, replications, seed, workers, progress, announce):
        asked.update(programmes=programmes, weeks=weeks, replications=replications, seed=seed, workers=workers)
        announce("Preparing the model for this computer, once …")
        progress(1, 2)
        if asked["error"]:
            raise asked["error"]
        made = synthetic.result({name: SHIFTS[name] for name in programmes}, weeks=20, replications=3)
        failed = [("project", 1, "week 3", "it broke")] * asked["failures"]
        columns = ["programme", "replication", "stage", "message"]
        return dataclasses.replace(made, failures=pd.DataFrame(failed, columns=columns))

    fake = types.ModuleType("cohesion_sim.studies.execute")
    fake.run = run
    monkeypatch.setitem(sys.modules, "cohesion_sim.studies.execute", fake)
    import cohesion_sim.studies

    monkeypatch.setattr(cohesion_sim.studies, "execute", fake, raising=False)
    monkeypatch.setattr(files, "load_scenario", lambda *_: synthetic.scenario(tuple(SHIFTS)))
    monkeypatch.chdir(tmp_path)
    return asked


def call(*words: str):
    return CliRunner().invoke(cli, list(words))


def test_run_takes_the_project_and_tells_where_the_report_lies(execution, tmp_path):
    done = call("run", "zhazy", "--replications", "3", "--workers", "2", "--weeks", "20")
    assert done.exit_code == 0, done.output
    wanted = {"programmes": ("project",), "weeks": 20, "replications": 3, "seed": 1, "workers": 2}
    assert {name: execution[name] for name in wanted} == wanted
    path = tmp_path / "out" / "zhazy-project-seed1" / "report.html"
    assert path.exists()
    assert done.stdout.endswith(f"Report: {path}\n")
    assert "not a prediction" in " ".join(done.stdout.split())
    assert done.stdout.count("\n- ") >= 5
    assert "Preparing the model" in done.stderr
    assert "Preparing the model" not in done.stdout


def test_second_run_is_refused_before_anything_runs(execution):
    assert call("run", "zhazy").exit_code == 0
    execution.pop("programmes")
    again = call("run", "zhazy")
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert "programmes" not in execution
    assert call("run", "zhazy", "--force").exit_code == 0
    assert call("run", "zhazy", "--seed", "2").exit_code == 0


def test_all_programmes_and_several(execution, tmp_path):
    assert call("run", "zhazy", "-p", "all").exit_code == 0
    assert execution["programmes"] == tuple(SHIFTS)
    assert (tmp_path / "out" / "zhazy-all-seed1").is_dir()
    assert call("run", "zhazy", "-p", "idle", "-p", "project", "-p", "idle").exit_code == 0
    assert execution["programmes"] == ("idle", "project")
    assert (tmp_path / "out" / "zhazy-idle+project-seed1").is_dir()


def test_compare_ranks(execution, tmp_path):
    done = call("compare", "zhazy", "--programmes", "project, dialogue_only")
    assert done.exit_code == 0, done.output
    assert execution["programmes"] == ("project", "dialogue_only")
    assert "By known disputes that ended in violence for the money" in " ".join(done.stdout.split())
    assert (tmp_path / "out" / "zhazy-compare-seed1" / "ranking.csv").exists()


def test_unknown_programme(execution):
    done = call("run", "zhazy", "-p", "projct", "-p", "mediaton")
    assert done.exit_code == 2
    assert "no programme 'projct' (did you mean 'project'?)" in done.stderr
    assert "no programme 'mediaton'" in done.stderr
    assert "programmes" not in execution


def test_failed_runs_end_with_1_after_the_report(execution, tmp_path):
    execution["failures"] = 1
    done = call("run", "zhazy")
    assert done.exit_code == 1
    assert (tmp_path / "out" / "zhazy-project-seed1" / "report.html").exists()
    assert "1 of 6 runs failed" in " ".join(done.stdout.split())


def test_ctrl_c_ends_with_130_and_leaves_nothing(execution, tmp_path):
    execution["error"] = KeyboardInterrupt()
    done = call("run", "zhazy")
    assert done.exit_code == 130
    assert not (tmp_path / "out").exists()


def test_ctrl_c_while_writing(execution, tmp_path, monkeypatch):
    from cohesion_sim import report

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "manifest", stop)
    assert call("run", "zhazy").exit_code == 130
    assert list((tmp_path / "out").iterdir()) == []


def test_no_traceback_without_debug(execution):
    execution["error"] = ZeroDivisionError("deep inside")
    done = call("run", "zhazy")
    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1].startswith("Unexpected error (ZeroDivisionError: deep inside).")
    assert "Traceback" not in done.output
    shown = call("run", "zhazy", "--debug")
    assert isinstance(shown.exception, ZeroDivisionError)


def test_json(execution):
    told = json.loads(call("run", "zhazy", "--format", "json").stdout)
    assert set(told) == {"answer", "report", "failures", "effects"}
    assert told["effects"][0]["measure"] == "violent"


def test_wrong_numbers_are_refused(execution):
    for words in (
        ("--replications", "0"),
        ("--weeks", "many"),
        ("--seed", "-1"),
        ("--workers", "0"),
        ("--set", "x"),
    ):
        assert call("run", "zhazy", *words).exit_code == 2, words
    assert call("run").exit_code == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("compare", "zhazy", "--programmes", ""), "names no programme"),
        (("run", "zhazy", "-p", "nothing"), "is always run beside"),
        (("run", "zhazy", "--out", ""), "--out: names no folder"),
        (("run", "zhazy", "--set", "weeks=3", "--set", "weeks=4"), "--set weeks: given more than once"),
        (("run", "zhazy", "--replications", "1.5"), "'1.5' is not allowed. Write a whole number from 1 to 100000."),
        (("run", "zhazy", "--weeks", "521"), "Write a whole number from 1 to 520."),
        (("run", "zhazy", "--out", "file/below"), "cannot be written"),
    ],
)
def test_refusals_name_the_option_and_the_mend(execution, tmp_path, words, told):
    (tmp_path / "file").write_text("")
    done = call(*words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert "programmes" not in execution


def test_both_verbs_take_both_spellings(execution):
    for verb in ("run", "compare"):
        for words in (
            ("-p", "idle", "-p", "project"),
            ("--programmes", "idle,project"),
            ("--programme", "idle,project"),
        ):
            assert call(verb, "zhazy", *words, "--force").exit_code == 0
            assert execution["programmes"] == ("idle", "project")
    assert call("compare", "zhazy", "--force").exit_code == 0
    assert execution["programmes"] == tuple(SHIFTS)


def test_compare_of_one_programme_says_that_there_is_nothing_to_rank(execution):
    done = call("compare", "zhazy", "-p", "project")
    assert done.exit_code == 0
    assert "nothing to rank" in done.stderr


def test_seeds_of_python_are_seeds_of_the_command_line(execution):
    assert call("run", "zhazy", "--seed", str(2**63 - 1)).exit_code == 0
    assert execution["seed"] == 2**63 - 1


def test_help_is_complete_and_fast():
    for verb in ("run", "compare"):
        text = " ".join(call(verb, "--help").output.split())
        assert "130 stopped with Ctrl-C" in text
        options = [option for option in cli.commands[verb].params if isinstance(option, click.Option)]
        assert all(option.help for option in options)
    code = (
        "import sys; from cohesion_sim import cli; heavy = 'numpy pandas matplotlib numba scipy mesa rich';"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
