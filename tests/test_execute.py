"""Execution: paired, the same on any number of threads, and nothing lost or half-written when something goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from cohesion_sim import InputError, load_scenario
from cohesion_sim.activities import Activities
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies.execute import replication_seed, run

SMALL = {"people.size": 700}


@pytest.fixture(scope="module")
def small() -> Scenario:
    return load_scenario("yuryevka", sets=SMALL)


def test_one_and_two_workers_give_the_same_tables(small: Scenario) -> None:
    one, two = (run(small, programmes=["project"], weeks=20, replications=3, workers=n) for n in (1, 2))
    for name in ("weekly", "disputes", "money", "participants", "survey", "people"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)


def test_nothing_is_always_run_and_every_arm_lives_through_the_same_replications(small: Scenario) -> None:
    result = run(small, programmes=["dialogue_only"], weeks=6, replications=2)
    arms = result.weekly.groupby("programme", observed=True)["replication"].unique()
    assert {name: sorted(numbers) for name, numbers in arms.items()} == {"nothing": [0, 1], "dialogue_only": [0, 1]}
    first = result.weekly[(result.weekly["week"] == 1) & (result.weekly["replication"] == 0)]
    before = [first[first["programme"] == name]["attitude"].to_numpy() for name in ("nothing", "dialogue_only")]
    assert (before[0][:1] == before[1][:1]).all()


def test_replication_seeds_are_whole_and_apart() -> None:
    seeds = {replication_seed(seed, number) for seed in range(20) for number in range(50)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert replication_seed(1, 0) == 346160259673234085


def test_wrong_numbers_are_refused_all_at_once(small: Scenario) -> None:
    with pytest.raises(InputError) as refused:
        run(small, weeks=0, replications=-3, seed=-1, workers=0)
    assert len(refused.value.messages) == 4
    assert "replications: -3 is not allowed. Write a whole number from 1 to 100000" in refused.value.messages


class Breaks:
    """An intervention with a mistake in it."""

    def act(self, week: int, people: object, draws: object) -> Activities:
        if week == 3:
            raise RuntimeError("the room was locked")
        return Activities()


def test_a_run_that_fails_is_a_row_and_the_others_go_on(small: Scenario) -> None:
    from dataclasses import replace

    broken = Programme(name="broken", interventions={"meeting": Breaks()})
    scenario = replace(small, programmes={**small.programmes, "broken": broken})
    result = run(scenario, programmes=["broken", "dialogue_only"], weeks=6, replications=2)
    assert result.failures[["programme", "replication", "stage"]].to_numpy().tolist() == [
        ["broken", 0, "run"],
        ["broken", 1, "run"],
    ]
    assert result.failures["message"].str.contains("the room was locked").all()
    assert set(result.weekly["programme"].unique()) == {"nothing", "dialogue_only"}


# Tests may be started from a job in the background, which does not hear Ctrl-C; the command is to hear it all the same.
HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
MAIN = f"{HEARS}; from cohesion_sim.cli import main; main()"
COMMAND = [sys.executable, "-c", MAIN, "run", "yuryevka", "--replications=400", "--out=result"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_run_cut_short_leaves_no_result(tmp_path: Path, how: signal.Signals, code: int) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:
        time.sleep(6)
        assert process.poll() is None
        process.send_signal(how)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
