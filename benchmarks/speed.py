"""How fast the package is: ratios against peers measured in the same run, each with what was aimed at.

    python benchmarks/speed.py            # everything, a few minutes
    python benchmarks/speed.py --quick    # under a minute: smaller sizes, fewer repeats
    python benchmarks/speed.py --write    # also results.json beside this file and the table in docs/speed.md

Times are the shortest of several repeats, because a machine is seldom alone; the median is shown where it differs much.
What falls short of its aim is printed as MISS. Compiled rules are used on one core unless said otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
import pandas as pd

import plain_mesa
from cohesion_sim import channels, files, municipality
from cohesion_sim.compiled import door
from cohesion_sim.kernels import disputes, marriage, tally, trust
from cohesion_sim.kernels import weeks as weekly_rules
from cohesion_sim.model import CohesionModel
from cohesion_sim.municipality import Municipality
from cohesion_sim.studies.execute import run

Replaced = Callable[[Callable[..., object]], Callable[..., object]]
HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "speed.md"
BEGIN, END = "<!-- figures: written by benchmarks/speed.py --write -->", "<!-- end of figures -->"
SCENARIO = "zhazy"
HEADLINES = ("violent", "attitude", "trust", "cohesion", "marriages")


@dataclass(frozen=True)
class Figure:
    """One measured figure: ``value`` in ``unit``, and the aim as a limit from below or above (none: information)."""

    topic: str
    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Either "met", "MISS", or nothing where there is no aim."""
        if self.at_least is None and self.at_most is None:
            return ""
        low = -np.inf if self.at_least is None else self.at_least
        high = np.inf if self.at_most is None else self.at_most
        return "met" if low <= self.value <= high else "MISS"

    @property
    def aim(self) -> str:
        """The limit in words."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g} {self.unit}"
        return f"≤ {self.at_most:g} {self.unit}" if self.at_most is not None else ""

    @property
    def shown(self) -> str:
        """The value with three digits and its unit."""
        if not np.isfinite(self.value):
            return f"{'∞' if self.value > 0 else '–'} {self.unit}"
        digits = max(0, 2 - int(np.floor(np.log10(abs(self.value))))) if self.value else 0
        return f"{self.value:,.{digits}f} {self.unit}"


def seconds(job: Callable[[], object], repeats: int) -> list[float]:
    """Return the sorted times of ``repeats`` calls."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        job()
        times.append(time.perf_counter() - began)
    return sorted(times)


def start_of(size: int, seed: int = 1) -> Municipality:
    """Return the municipality of the benchmark's scenario with ``size`` residents."""
    return municipality.build(files.with_values(files.load_scenario(SCENARIO), {"people.size": size}), seed)


def fresh(start: Municipality, programme: str, weeks: int) -> CohesionModel:
    """Return a model before its first week."""
    return CohesionModel(start.scenario, programme, rng=start.seed, weeks=weeks, start=start)


def resident_rules(start: Municipality, weeks: int) -> float:
    """Return the seconds a resident-week of the encounter, influence and norm rules takes."""
    model, nothing = fresh(start, "nothing", weeks), channels.Week()
    spent = 0.0
    for model.week in range(weeks):
        model._calendar()
        began = time.perf_counter()
        model._encounters(nothing)
        spent += time.perf_counter() - began
    return spent / weeks / start.people.n


def whole_model(start: Municipality, weeks: int, programme: str = "nothing") -> float:
    """Return the seconds a resident-week takes with everything, without building the population."""
    model = fresh(start, programme, weeks)
    began = time.perf_counter()
    model.run_model()
    return (time.perf_counter() - began) / weeks / start.people.n


def plain_rules(start: Municipality, weeks: int) -> float:
    """Return the seconds a resident-week takes in plain Mesa, without making the agents."""
    model = plain_mesa.PlainModel(start)
    began = time.perf_counter()
    for _ in range(weeks):
        model.step()
    return (time.perf_counter() - began) / weeks / start.people.n


def against_plain_mesa(quick: bool) -> list[Figure]:
    """Compare the compiled rules with the same rules in plain Mesa, same people, same weeks, one core."""
    size, weeks, repeats = (4_000, 4, 2) if quick else (10_000, 10, 4)
    start = start_of(size)
    resident_rules(start, 1)
    rules = whole = plain = np.inf
    for _ in range(repeats):  # in turns, so that all meet the machine's better moments
        rules = min(rules, *(resident_rules(start, weeks) for _ in range(5)))
        whole = min(whole, *(whole_model(start, weeks) for _ in range(5)))
        plain = min(plain, plain_rules(start, weeks))
    topic = f"against plain Mesa, {size:,} residents"
    return [
        Figure(topic, "plain Mesa, a resident-week", plain * 1e6, "µs"),
        Figure(topic, "compiled resident rules, a resident-week", rules * 1e9, "ns"),
        Figure(topic, "resident rules, times faster", plain / rules, "×", at_least=300),
        Figure(topic, "whole model, times faster", plain / whole, "×", at_least=100),
    ]


def cost_by_size(quick: bool) -> list[Figure]:
    """Show what a resident-week costs from a small place to a million people, all rules."""
    sizes = ((4_000, 26, 2), (12_000, 26, 2), (100_000, 6, 2)) if quick else (
        (4_000, 52, 6), (12_000, 52, 4), (100_000, 12, 2), (1_000_000, 8, 2),
    )  # fmt: skip
    topic, starts = "cost by size, all rules", {size: start_of(size) for size, _, _ in sizes}
    costs = {size: whole_model(start, 1) for size, start in starts.items()}
    for _ in range(4):  # in turns, so that all sizes meet the machine's better moments
        for size, weeks, repeats in sizes:
            costs[size] = min(costs[size], *(whole_model(starts[size], weeks) for _ in range(repeats)))
    out = [Figure(topic, f"{size:,} residents, a resident-week", cost * 1e9, "ns") for size, cost in costs.items()]
    out.append(
        Figure(topic, "dearest size against cheapest", max(costs.values()) / min(costs.values()), "×", at_most=2)
    )
    return out


def one_run(quick: bool) -> list[Figure]:
    """Time a run of the scenario as it is, and the building of its population."""
    scenario = files.load_scenario(SCENARIO)
    start = municipality.build(scenario, 1)
    weeks, repeats = (26, 4) if quick else (scenario.weeks, 30)
    topic = f"one run, {start.people.n:,} residents, one core"
    costs = sorted(whole_model(start, weeks) for _ in range(repeats))
    project = min(whole_model(start, weeks, "project") for _ in range(repeats))
    build = seconds(lambda: municipality.build(scenario, 1), repeats)
    median = f"median {statistics.median(costs) * 1e9:.0f} ns"
    return [
        Figure(topic, "a resident-week, all rules", costs[0] * 1e9, "ns", at_most=150, note=median),
        Figure(topic, "a resident-week with the project", project * 1e9, "ns"),
        Figure(topic, "building the municipality", build[0], "s", at_most=0.3,
               note=f"median {statistics.median(build):.2f} s"),
    ]  # fmt: skip


STEPS = {
    weekly_rules: ("words", "first_words", "act", "meet", "turns", "strangers", "sermons", "sweep", "lined_up",
                   "pairs"),
    tally: ("residents", "margins", "whole"),
}  # fmt: skip
"""The parts of which weekly rules are made, by the module that calls them."""
RULES = {
    weekly_rules: ("encounters",), disputes: ("arise", "incident", "end"), trust: ("week",), marriage: ("week",),
    tally: ("week",),
}  # fmt: skip
"""The weekly rules, each called once a week from Python."""


def clocked(
    start: Municipality, number: int, names: dict[ModuleType, tuple[str, ...]], replaced: Replaced
) -> tuple[float, dict[str, float]]:
    """Return the seconds a resident-week takes, in all and in each of these rules as ``replaced`` gives them."""
    spent: dict[str, float] = {}

    def timed(rule: Callable[..., object]) -> Callable[..., object]:
        label = f"{rule.__module__.rsplit('.', 1)[1]}.{rule.__name__}"

        def call(*values: object) -> object:
            began = time.perf_counter()
            out = rule(*values)
            spent[label] = spent.get(label, 0.0) + time.perf_counter() - began
            return out

        return call

    everything = {module: (*rules, *STEPS.get(module, ())) for module, rules in RULES.items()}
    kept = [(module, name, getattr(module, name)) for module, all_names in everything.items() for name in all_names]
    try:
        for module, name, rule in kept:
            if name in names.get(module, ()):
                setattr(module, name, timed(replaced(rule)))
            elif module in names and name in RULES[module]:  # its steps are called one by one, from Python
                setattr(module, name, rule.py_func)
        whole = whole_model(start, number)
    finally:
        for module, name, rule in kept:
            setattr(module, name, rule)
    return whole, {label: total / number / start.people.n for label, total in spent.items()}


def where_time_goes(quick: bool) -> list[Figure]:
    """Time every compiled rule inside a run of the scenario as it is, without a programme.

    What lies between the rules is what a run takes less its weekly rules; the steps of a rule are timed one by one.
    """
    start = municipality.build(files.load_scenario(SCENARIO), 1)
    number, repeats = (13, 3) if quick else (52, 8)
    best: dict[str, float] = {}
    for _ in range(repeats):
        everything, rules = clocked(start, number, RULES, lambda rule: rule)
        _, steps = clocked(start, number, STEPS, door)
        costs = {label: cost for label, cost in rules.items() if label not in ("weeks.encounters", "tally.week")}
        costs |= steps | {"Python between the rules": everything - sum(rules.values())}
        for label, cost in costs.items():
            best[label] = min(cost, best.get(label, np.inf))
    topic = "where the time goes, a resident-week"
    shown = sorted(((label, cost) for label, cost in best.items() if cost > 5e-10), key=lambda item: -item[1])
    return [Figure(topic, label, cost * 1e9, "ns") for label, cost in shown]


_CHILD = """
import resource, sys, time
began = time.perf_counter()
code = 0
try:
    from cohesion_sim.cli import main
    sys.argv = ["cohesion-sim", *sys.argv[1:]]
    main()
except SystemExit as end:
    code = end.code or 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
if sys.platform == "linux":  # there ru_maxrss starts from the parent's
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**10
print(f"\\nMEASURED {time.perf_counter() - began} {peak} {code}", file=sys.stderr)
"""


def command(*words: str, **environment: str) -> tuple[float, float]:
    """Run the command line in a process of its own; return wall seconds, start of Python included, and peak MB."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - began
    last = done.stderr.strip().splitlines()[-1].split()
    if last[0] != "MEASURED" or last[3] != "0":
        raise SystemExit(f"cohesion-sim {' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
    return wall, float(last[2])


def commands(quick: bool) -> list[Figure]:
    """Time the commands as a user meets them: help, the main job, and the first start on a machine."""
    topic = "commands"
    helped = sorted(command("--help")[0] for _ in range(3 if quick else 10))
    out = [Figure(topic, "--help", helped[0], "s", at_most=0.4, note=f"median {statistics.median(helped):.2f} s")]
    with tempfile.TemporaryDirectory() as folder:
        if not quick:
            command("run", SCENARIO, "--replications", "1", "--weeks", "8", "--out", f"{folder}/warm")
            runs = [command("run", SCENARIO, "--out", f"{folder}/{turn}") for turn in range(5)]
            wall, peak = min(runs)[0], max(memory for _, memory in runs)
            out.append(Figure(topic, f"run {SCENARIO}, report included", wall, "s", at_most=12))
            out.append(Figure(topic, f"run {SCENARIO}, peak memory", peak, "MB", at_most=600))
        small = ("run", SCENARIO, "--replications", "1", "--weeks", "2", "--set", "people.size=1000")
        compiling = []
        for turn in range(1 if quick else 3):
            cache = f"{folder}/empty{turn}"
            first, again = (command(*small, "--out", f"{cache}-{k}", NUMBA_CACHE_DIR=cache)[0] for k in range(2))
            compiling.append(first - again)
        out.append(Figure(topic, "compiling, once a machine", min(compiling), "s", at_most=20))
    return out


def fingerprint(frame: pd.DataFrame) -> str:
    """Return a checksum of every byte of a table."""
    plain = frame.astype({name: str for name in frame.columns if frame[name].dtype.kind not in "iuf"})
    return hashlib.sha256(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes()).hexdigest()


def two_workers(quick: bool) -> list[Figure]:
    """Run the same replications with one worker and with two: time, and whether all bytes are the same."""
    options = {"programmes": ["project"], "replications": 4 if quick else 12, "weeks": 26 if quick else 104}
    results = {}
    times: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(2 if quick else 4):
        for workers in (1, 2):
            results[workers] = run(SCENARIO, workers=workers, **options)
            times[workers].append(results[workers].seconds["run"])
    same = fingerprint(results[1].weekly) == fingerprint(results[2].weekly)
    topic = f"two workers, {os.cpu_count()} cores"
    return [
        Figure(topic, "two workers against one", min(times[1]) / min(times[2]), "×", at_least=1.7),
        Figure(topic, "same bytes (1: yes)", float(same), "", at_least=1),
    ]


def shared_luck(quick: bool) -> list[Figure]:
    """Show how many times fewer replications a paired effect needs than one between independent seeds."""
    replications, weeks, size = (12, 26, 2_000) if quick else (40, 104, None)
    sets = {"people.size": size} if size else None
    result = run(SCENARIO, programmes=["project"], replications=replications, weeks=weeks, sets=sets)
    effects = result.effects()
    everybody = effects[(effects["by"] == "all") & (effects["programme"] == "project")].set_index("measure")
    topic = f"shared luck, {replications} replications, {weeks} weeks"
    # The variance of a ratio of variances is large: about a third up or down with 40 replications.
    return [
        Figure(topic, f"{name}: times fewer replications", float(everybody.loc[name, "luck"]), "×", at_least=5)
        for name in HEADLINES
    ]


PARTS = (against_plain_mesa, one_run, cost_by_size, where_time_goes, commands, two_workers, shared_luck)


def text(figures: list[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| | figure | aim | |", "|---|---|---|---|"]
    topic = ""
    for figure in figures:
        if figure.topic != topic:
            topic = figure.topic
            lines.append(f"| **{topic}** | | | |")
        note = f" ({figure.note})" if figure.note else ""
        lines.append(f"| {figure.what} | {figure.shown.strip()}{note} | {figure.aim.strip()} | {figure.verdict} |")
    return "\n".join(lines)


def machine() -> str:
    """Return a line about what this was measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, Numba {numba.__version__}"
    return f"{model}, {os.cpu_count()} cores, {platform.system()}; {versions}; Mesa {plain_mesa.mesa.__version__}"


def main() -> int:
    """Measure, print, and say by the exit code whether every aim was met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller sizes, fewer repeats: under a minute")
    parser.add_argument("--write", action="store_true", help="write results.json and the table in docs/speed.md")
    parser.add_argument("--only", choices=[part.__name__ for part in PARTS], help="one part")
    asked = parser.parse_args()
    figures: list[Figure] = []
    for part in PARTS:
        if asked.only in (None, part.__name__):
            print(f"… {part.__doc__.splitlines()[0]}", file=sys.stderr, flush=True)
            figures += part(asked.quick)
    table = text(figures)
    print(f"{machine()}\n\n{table}")
    missed = [figure for figure in figures if figure.verdict == "MISS"]
    print(f"\n{len(missed)} of {sum(bool(f.verdict) for f in figures)} aims missed.")
    if asked.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        after = rest.split(END)[1]
        text_now = f"{before}{BEGIN}\nMeasured on {machine()}.\n\n{table}\n{END}{after}"
        PAGE.write_text(text_now, encoding="utf-8")
        rows = [asdict(figure) | {"verdict": figure.verdict} for figure in figures]
        report = {"machine": machine(), "quick": asked.quick, "figures": rows}
        (HERE / "results.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
