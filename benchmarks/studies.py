"""What studies cost beside their runs: two workers against one, the engine against a bare loop, memory of many runs.

    python benchmarks/studies.py             # 1,000 runs of 2,000 residents x 104 weeks: about ten minutes
    python benchmarks/studies.py --quick     # 60 of them, and fewer tiny runs
    python benchmarks/studies.py --write     # also the table in docs/studies.md

What falls short of its aim is printed as MISS. Wall-clock ratios need a machine that does nothing else; processor time
(of the coordinator and all workers) says what the engine costs also where it does.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from cohesion_sim.studies import lived
from cohesion_sim.studies.execute import warm_up
from cohesion_sim.studies.plan import plan
from cohesion_sim.studies.runs import Plan

PAGE = Path(__file__).parents[1] / "docs" / "studies.md"
BEGIN, END = "<!-- figures: written by benchmarks/studies.py --write -->", "<!-- end of figures -->"
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


def loop(made: Plan) -> tuple[float, float]:
    """Return wall-clock and processor seconds of the same runs in a bare loop of this process, nothing written."""
    warm_up(next(iter(made.scenarios.values())), 1, None)
    now = made.first_round()
    started, used = time.perf_counter(), time.process_time()
    for number in now.numbers:
        lived.live(made, now.part(number))
    return time.perf_counter() - started, time.process_time() - used


CHILD = """
import sys, time, psutil, threading
from cohesion_sim.studies import conduct
started = time.perf_counter()
me = psutil.Process()
first, last, used, peak = [], [], {}, [0]
def look():
    while True:
        peak[0] = max(peak[0], me.memory_info().rss)
        for process in (me, *me.children(recursive=True)):
            try:
                t = process.cpu_times()
                used[process.pid] = t.user + t.system
            except psutil.NoSuchProcess:
                pass
        time.sleep(0.1)
threading.Thread(target=look, daemon=True).start()
def progress(done, total, failed):
    if done and not first:
        first.append((time.perf_counter(), done))
    last[:] = [(time.perf_counter(), done)]
conduct.conduct(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), progress=progress)
print(time.perf_counter() - started, sum(used.values()), peak[0] / 1e6)
"""


def study(file: Path, out: Path, workers: int) -> tuple[float, float, float]:
    """Return wall-clock seconds, processor seconds of all processes, and the coordinator's peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(file), str(out), str(workers)], capture_output=True, text=True, check=True
    )
    seconds, used, memory = map(float, done.stdout.split())
    return seconds, used, memory


def figures(folder: Path, runs: int, many: int) -> list[Figure]:
    file = written(folder, LONG, runs)
    alone, busy = loop(plan(file))
    one = study(file, folder / "one", 1)
    two = study(file, folder / "two", 2)
    few = study(written(folder, TINY, 1000), folder / "few", 2)
    lots = study(written(folder, TINY, many), folder / "many", 2)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return [
        Figure(f"{runs:,} runs in a bare loop", alone, "s"),
        Figure("a study with one worker", one[0], "s"),
        Figure("a study with two workers", two[0], "s"),
        Figure("efficiency of two workers: one / (2 x two)", one[0] / (2 * two[0]), "", at_least=0.9),
        Figure("one worker against the loop, start included", 100 * (one[0] / alone - 1), "%", at_most=5),
        Figure("processor time, one worker against the loop", 100 * (one[1] / busy - 1), "%", at_most=5),
        Figure("processor time, two workers against one", 100 * (two[1] / one[1] - 1), "%"),
        Figure("peak memory of the coordinator, 1,000 runs", few[2], "MB"),
        Figure(f"peak memory of the coordinator, {many:,} runs", lots[2], "MB"),
        Figure("growth of the peak", 100 * (lots[2] / few[2] - 1), "%", at_most=10),
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
