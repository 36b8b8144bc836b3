"""The engine of studies, with real processes that raise, die and are killed."""

from __future__ import annotations

import itertools
import operator
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from cohesion_sim import InputError
from cohesion_sim.studies import engine


def _work(shared: dict[str, int], item: int | tuple[int, ...]) -> int | list[int]:
    """Multiply; 7 raises, 9 kills its process."""
    numbers = item if isinstance(item, tuple) else (item,)
    if 7 in numbers:
        raise ValueError("seven")
    if 9 in numbers:
        os.kill(os.getpid(), signal.SIGKILL)
    found = [shared["factor"] * number for number in numbers]
    return found if isinstance(item, tuple) else found[0]


@pytest.fixture(scope="module")
def processes():
    with engine.opened(2) as opened:
        yield opened


def test_every_item_is_answered_whatever_happens_to_the_others(processes) -> None:
    found = dict(processes.each(_work, {"factor": 3}, range(12)))
    assert found.pop(7) == engine.Failed("ValueError: seven")
    dead = found.pop(9)
    assert dead.lost
    assert "died 3 times" in dead.message
    assert found == {k: 3 * k for k in range(12) if k not in (7, 9)}


def _dies(folder: str, item: int) -> int:
    """Note that it was tried, and kill its process when it is the item 0."""
    with (pathlib.Path(folder) / f"{item}").open("a") as file:
        file.write("x")
    if item == 0:
        time.sleep(0.3)  # so that neighbours are under way
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_what_kills_its_process_is_tried_three_times_and_not_more(processes, tmp_path) -> None:
    found = dict(processes.each(_dies, str(tmp_path), range(4)))
    assert found.pop(0).lost
    assert found == {k: k for k in range(1, 4)}
    assert (tmp_path / "0").read_text() == "xxx"


def test_processes_of_another_version_are_refused(processes, monkeypatch) -> None:
    processes.client.wait_for_workers(2, timeout=60)  # some have been killed before
    monkeypatch.setattr(engine, "version", lambda: "0.0.9")
    with pytest.raises(InputError, match=r"they run version .*, not 0\.0\.9.*Install the same packages there as here"):
        list(processes.each(operator.mul, 77, [1]))


def test_a_lost_batch_is_tried_item_by_item(processes) -> None:
    batches = [(1, 2), (8, 9, 10), (3,)]
    found = dict(processes.each(_work, {"factor": 2}, batches, split=lambda batch: [(one,) for one in batch]))
    assert found.pop((9,)).lost
    # What waited for the same process may have been taken apart too.
    assert sorted(itertools.chain.from_iterable(found.values())) == [2, 4, 6, 16, 20]
    assert {(8,), (10,)} < set(found)


def test_items_are_taken_up_only_a_few_ahead(processes) -> None:
    taken = []
    answers = processes.each(operator.mul, 2, (taken.append(k) or k for k in range(100)))
    next(answers)
    assert len(taken) <= engine.AHEAD * 2 + 1
    answers.close()


def test_without_processes_the_answers_are_the_same() -> None:
    with engine.opened(0) as here:
        found = list(here.each(_work, {"factor": 3}, [1, 7, 2]))
    assert found == [(1, 3), (7, engine.Failed("ValueError: seven")), (2, 6)]


def test_an_address_where_nothing_answers_is_told() -> None:
    with (
        pytest.raises(InputError, match=r"--scheduler tcp://127\.0\.0\.1:9: nothing answers there"),
        engine.opened(scheduler="tcp://127.0.0.1:9"),
    ):
        pass


def test_a_script_needs_no_main_guard(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import operator
        from cohesion_sim.studies import engine
        print("once")
        with engine.opened(2) as processes:
            print(sorted(found for _, found in processes.each(operator.mul, 2, [1, 2, 3])))
        print(__file__[-9:])
        """)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split("\n") == ["once", "[2, 4, 6]", "script.py", ""]
    assert done.stderr == ""
