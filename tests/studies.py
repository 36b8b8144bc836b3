"""Small studies for the tests: a village of two hundred, a kind that breaks on demand, processes to kill."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cohesion_sim

ROOT = Path(cohesion_sim.__path__[0]).parent
BREAKS = '''
"""A kind that does nothing, raises, or kills its process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, Any

from cohesion_sim.activities import NOTHING, Activities
from cohesion_sim.parameters import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    mode: Annotated[int, Choice("mode", 0, 2, "0: does nothing, 1: raises, 2: kills its process")]

    def act(self, week: int, people: Any, draws: Any) -> Activities:
        if self.mode == 1:
            raise RuntimeError("broken on purpose")
        if self.mode == 2:
            os._exit(9)
        return NOTHING
'''
PLACE = """
extends = "yuryevka"
title = { en = "A village" }
[people]
size = { value = 200, range = [200, 400], mark = "A", source = "own" }
[programmes.breaks]
title = { en = "Breaks" }
[programmes.breaks.interventions.it]
kind = "breaks"
mode = 0
"""
EXPERIMENT = """
question = "Does generalisation make the project work better?"
scenarios = ["village"]
replications = 6
weeks = 3
seed = 5

[vary]
contact.generalisation = "range"
"""


def written(folder: Path, text: str = EXPERIMENT) -> Path:
    """Return an experiment file, with its village and the kind beside it."""
    (folder / "interventions").mkdir(exist_ok=True)
    (folder / "interventions" / "breaks.py").write_text(BREAKS, "utf-8")
    (folder / "village.toml").write_text(PLACE, "utf-8")
    path = folder / "asked.toml"
    path.write_text(text, "utf-8")
    return path


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of everything that must not depend on who did the runs."""
    names = [*sorted((folder / "parts").iterdir()), *(folder / f"{n}.parquet" for n in ("table", "failures", "design"))]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in [*names, folder / "effects.csv"]}


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}


def started(*words: object, program: str = "", **options: object) -> subprocess.Popen[str]:
    """Return a command line of its own."""
    first = ["-c", program] if program else ["-m", "cohesion_sim"]
    return subprocess.Popen(
        [sys.executable, *first, *map(str, words)], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, **options,
    )  # fmt: skip


def eventually(happens: Callable[[], object], seconds: float = 60.0) -> bool:
    """Return whether something happens within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happens():
            return True
        time.sleep(0.05)
    return False


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """Yield address and processes (the scheduler first) of a Dask cluster of one worker, started by hand."""
    address = folder / "scheduler.json"
    options = {"env": environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                 "--no-dashboard", "--scheduler-file", str(address)]  # fmt: skip
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address), "--nworkers", "1",
              "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]  # fmt: skip
    processes = [subprocess.Popen(scheduler, **options)]
    try:
        assert eventually(address.is_file)
        processes.append(subprocess.Popen(worker, **options))
        yield json.loads(address.read_text())["address"], processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
