"""What studies cost beside their runs: two workers against one, the engine against a bare loop, memory of many runs.

    python benchmarks/studies.py             # 1,000 runs of 2,000 residents x 104 weeks: about ten minutes
    python benchmarks/studies.py --quick     # 60 of them, and fewer tiny runs
    python benchmarks/studies.py --write     # also the table in docs/studies.md

What falls short of its aim is printed as MISS. The bare loop and the studies are done in turns of a few
seconds, one stopped while another works: the speed of a machine may change by half within a minute. Linux only.
"""

from __future__ import annotations

import argparse
import os
import platform
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

PAGE = Path(__file__).parents[1] / "docs" / "studies.md"
BEGIN, END = "<!-- figures: written by benchmarks/studies.py --write -->", "<!-- end of figures -->"
TURN = 8.0
"""Seconds for which one of several jobs works before the next has its turn."""
LONG = """question = "How long does it take?"
scenarios = ["yuryevka"]
replications = {runs}
weeks = 104
[vary]
"people.size" = [2000]
"""
TINY = """question = "How much memory does it take?"
scenarios = ["yuryevka"]
programmes = []
replications = {runs}
weeks = 1
[keep]
measures = ["violent", "cohesion"]
[vary]
"people.size" = [200]
"""


@dataclass(frozen=True)
class Figure:
    """One measured figure, and its aim as a limit from below or above."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """Either "met", "MISS", or nothing where there is no aim."""
        if self.at_least is None and self.at_most is None:
            return ""
        low, high = self.at_least or float("-inf"), self.at_most or float("inf")
        return "met" if low <= self.value <= high else "MISS"

    @property
    def row(self) -> str:
        """The figure as a row of a table."""
        aim = f"≥ {self.at_least:g}" if self.at_least else f"≤ {self.at_most:g}" if self.at_most else ""
        return f"| {self.what} | {self.value:.3g} {self.unit} | {aim} | {self.verdict} |"


def written(folder: Path, text: str, runs: int) -> Path:
    path = folder / f"asked{runs}.toml"
    path.write_text(text.format(runs=runs), "utf-8")
    return path


LOOP = """
from cohesion_sim.studies import lived
from cohesion_sim.studies.execute import warm_up
from cohesion_sim.studies.plan import plan
made = plan({file!r})
warm_up(next(iter(made.scenarios.values())), 1, None)
def work():
    now = made.first_round()
    for number in now.numbers:
        lived.live(made, now.part(number))
"""
STUDY = """
from cohesion_sim.studies import conduct
def work():
    conduct.conduct({file!r}, {out!r}, workers={workers})
"""
WATCHED = """
import sys, time
{job}
if __name__ == "__main__":
    print("ready", time.process_time(), flush=True)
    sys.stdin.readline()
    work()
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e3
    print("done", peak, flush=True)
"""


@dataclass
class Job:
    """Something to do in a process of its own, ``turn`` seconds at a time; what it has cost so far."""

    code: str
    turn: float
    seconds: float = 0.0
    processor: float = 0.0
    """Of the process and all it started, from when it was ready."""
    peak: float = 0.0
    """MB of the process itself."""

    def begin(self) -> None:
        """Start Python and get ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", WATCHED.format(job=self.code)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.processor = -float(self._told("ready"))

    def go_on(self) -> bool:
        """Work for a turn; return whether it is done."""
        began = time.perf_counter()
        if self.seconds:
            os.killpg(self.process.pid, signal.SIGCONT)
        else:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        done, _, _ = select.select([self.process.stdout], [], [], self.turn)
        if not done:
            os.killpg(self.process.pid, signal.SIGSTOP)
        self.seconds += time.perf_counter() - began
        if done:
            self.peak = float(self._told("done"))
            used = os.wait4(self.process.pid, 0)[2]
            self.processor += used.ru_utime + used.ru_stime
        return bool(done)

    def _told(self, word: str) -> str:
        line = self.process.stdout.readline().split()
        if not line or line[0] != word:
            raise SystemExit(f"did not get as far as '{word}':\n{self.code}")
        return line[1]


def in_turns(*jobs: Job) -> None:
    """Do all jobs, one stopped while another works, so that a machine whose speed changes is the same to each."""
    for job in jobs:
        job.begin()
    left = list(jobs)
    while left:
        left = [job for job in left if not job.go_on()]


def loop(file: Path) -> Job:
    """Return the runs in a bare loop of one process, nothing written."""
    return Job(LOOP.format(file=str(file)), TURN)


def study(file: Path, out: Path, workers: int) -> Job:
    """Return the runs as a study."""
    return Job(STUDY.format(file=str(file), out=str(out), workers=workers), TURN / workers)


def figures(folder: Path, runs: int, many: int) -> list[Figure]:
    file = written(folder, LONG, runs)
    alone, one, two = loop(file), study(file, folder / "one", 1), study(file, folder / "two", 2)
    in_turns(alone, one, two)
    few = study(written(folder, TINY, 1000), folder / "few", 2)
    lots = study(written(folder, TINY, many), folder / "many", 2)
    in_turns(few)
    in_turns(lots)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return [
        Figure(f"{runs:,} runs in a bare loop", alone.seconds, "s"),
        Figure("a study with one worker", one.seconds, "s"),
        Figure("a study with two workers", two.seconds, "s"),
        Figure("efficiency of two workers: one / (2 x two)", one.seconds / (2 * two.seconds), "", at_least=0.9),
        Figure(
            "one worker against the loop, start and end included",
            100 * (one.seconds / alone.seconds - 1),
            "%",
            at_most=5,
        ),
        Figure(
            "processor time, one worker against the loop", 100 * (one.processor / alone.processor - 1), "%", at_most=5
        ),
        Figure("processor time, two workers against one", 100 * (two.processor / one.processor - 1), "%"),
        Figure("peak memory of the coordinator, 1,000 runs", few.peak, "MB"),
        Figure(f"peak memory of the coordinator, {many:,} runs", lots.peak, "MB"),
        Figure("growth of the peak", 100 * (lots.peak / few.peak - 1), "%", at_most=10),
        Figure("load of the machine at the end", load, ""),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = figures(Path(folder), *((60, 4000) if asked.quick else (1000, 20_000)))
    cores = psutil.cpu_count()
    lines = [f"Measured on {cores} cores, {platform.system()}, Python {platform.python_version()}.", ""]
    lines += ["| | figure | aim | |", "|---|---|---|---|", *(figure.row for figure in found)]
    print("\n".join(lines))
    if asked.write:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n{END}" + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
