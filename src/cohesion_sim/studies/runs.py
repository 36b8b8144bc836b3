"""What a plan is: its points, its runs, their rounds, and the parts in which they are done.

A point is a scenario with its varied values; a run is one point in one replication, lived through in every arm. Runs
are numbered, and so are the parts, batches of consecutive runs: neither depends on who does them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files, kinds
from cohesion_sim.experiment import REPLICATIONS, Experiment
from cohesion_sim.layers import absolute
from cohesion_sim.measures import MEASURES
from cohesion_sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

PART_COST, PART_RUNS, PART_ROWS = 4_000_000, 32, 50_000  # two seconds' work; few rows, so that memory stays flat
RUN_COST, BUILD_COST = 20_000, 20  # what a run costs beside its resident-weeks: a start, and so much a resident


@dataclass(frozen=True, slots=True)
class Run:
    """One point in one replication."""

    number: int
    point: int
    replication: int


@dataclass(frozen=True, slots=True)
class Part:
    """Runs that are done and written together."""

    number: int
    runs: tuple[Run, ...]

    def singly(self) -> list[Part]:
        """Return the part run by run."""
        return [Part(self.number, (run,)) for run in self.runs]


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Runs planned at the same time: of each of ``points`` ``counts`` replications, the first being ``done``.

    It knows its parts without holding them, so that memory stays flat however many runs there are.
    """

    first_part: int
    first_run: int
    each: int
    points: NDArray[np.int64]
    done: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return int(self.counts.sum())

    @property
    def numbers(self) -> range:
        """The numbers of the parts."""
        return range(self.first_part, self.first_part + -(-self.runs // self.each))

    def size(self, number: int) -> int:
        """Return how many runs a part has."""
        return min(self.each, self.runs - (number - self.first_part) * self.each)

    def part(self, number: int) -> Part:
        """Return a part."""
        start = (number - self.first_part) * self.each
        ends = self.counts.cumsum()
        places = np.arange(start, start + self.size(number))
        rows = np.searchsorted(ends, places, side="right")
        replications = places - (ends[rows] - self.counts[rows]) + self.done[rows]
        told = zip(places + self.first_run, self.points[rows], replications, strict=True)
        return Part(number, tuple(Run(int(n), int(point), int(replication)) for n, point, replication in told))


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What an experiment will do. ``points`` has the columns point, scenario, and one a varied path."""

    experiment: Experiment
    scenarios: Mapping[str, Scenario]
    points: pd.DataFrame = field(repr=False)

    @property
    def arms(self) -> tuple[str, ...]:
        """The programmes of every run; "nothing" is always the first."""
        return ("nothing", *dict.fromkeys(name for name in self.experiment.programmes if name != "nothing"))

    @property
    def replications(self) -> int:
        """How many replications every point has at first."""
        until = self.experiment.until
        return until.at_least if until is not None else (self.experiment.replications or REPLICATIONS)

    @property
    def first(self) -> int:
        """How many runs are done whatever they find."""
        return len(self.points) * self.replications

    @property
    def most(self) -> int:
        """How many runs there may be."""
        until = self.experiment.until
        return self.first if until is None else len(self.points) * max(until.at_most, until.at_least)

    @property
    def paths(self) -> list[str]:
        """What varies."""
        return [str(name) for name in self.points.columns[2:]]

    @property
    def kept(self) -> tuple[str, ...]:
        """The measures that are written down, in their usual order."""
        wanted = self.experiment.keep.measures
        return tuple(name for name in MEASURES if not wanted or name in wanted)

    @property
    def in_short(self) -> str:
        """What there is to do, in a few words."""
        runs = f"{self.first:,} runs" if self.first == self.most else f"{self.first:,} to {self.most:,} runs"
        return f"experiment: {len(self.points):,} points, {runs}, programmes: {', '.join(self.arms[1:]) or 'none'}"

    def values(self, point: int) -> dict[str, Any]:
        """Return what is varied at a point, by path."""
        row = self.points.iloc[point]
        return {path: plain(row[path]) for path in self.paths}

    def weeks(self, point: int) -> int:
        """Return the length of a run at a point."""
        row = self.points.iloc[point]
        weeks = row.get("weeks", self.scenarios[row["scenario"]].weeks)
        return int(weeks) if self.experiment.weeks is None else self.experiment.weeks

    def resident_weeks(self) -> NDArray[np.float64]:
        """Return residents x weeks x arms of one run, by point."""
        size, weeks = self.sizes()
        return size * weeks * len(self.arms)

    def costs(self) -> NDArray[np.float64]:
        """Return what one run costs, by point, in resident-weeks; making the people counted."""
        return self.resident_weeks() + RUN_COST + BUILD_COST * self.sizes()[0]

    def sizes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return residents and weeks by point."""
        names = self.points["scenario"]
        size = names.map({name: scenario.people.size for name, scenario in self.scenarios.items()})
        weeks = names.map({name: scenario.weeks for name, scenario in self.scenarios.items()})
        if "people.size" in self.points:
            size = self.points["people.size"]
        if self.experiment.weeks is not None:
            weeks = weeks * 0 + self.experiment.weeks
        elif "weeks" in self.points:
            weeks = self.points["weeks"]
        return np.asarray(size, np.float64), np.asarray(weeks, np.float64)

    def kept_weeks(self, weeks: int) -> list[int]:
        """Return the weeks, from 1, of which a row is written."""
        every = self.experiment.keep.every
        return [*(range(every, weeks, every) if every else ()), weeks]

    def first_round(self) -> Round:
        """Return the runs that are done whatever they find."""
        points = np.arange(len(self.points))
        return self.round(points, points * 0, points * 0 + self.replications, 0, 0)

    def round(
        self, points: NDArray[np.int64], done: NDArray[np.int64], wanted: NDArray[np.int64], run: int, part: int
    ) -> Round:
        """Return the runs of ``points`` from the replication ``done`` up to ``wanted``; run and part are the first."""
        counts = wanted - done
        return Round(part, run, self.part_size(int(counts.sum())), points, done, counts)

    def part_size(self, runs: int) -> int:
        """Return how many runs are done together: fewer when they are long, when much is kept, when there are few."""
        rows = len(self.arms) * max(len(self.kept_weeks(int(self.sizes()[1].max()))), 1)
        rows *= 1 if self.experiment.keep.by == ("all",) else 30
        most = min(PART_COST / float(self.costs().mean()), PART_ROWS / rows, PART_RUNS, runs / 16)
        return max(1, int(most))

    def fingerprint(self) -> str:
        """Return what the results depend on, as a SHA-256: the files that were read, and the points."""
        own = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs(self))
        built_in = {name: scenario.text for name, scenario in self.scenarios.items()}
        parts = [self.experiment.text, built_in, own, self.points.to_csv(index=False)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def plain(value: Any) -> Any:
    """Return a cell of a table as a plain Python value."""
    return value.item() if isinstance(value, np.generic) else value


def next_round(made: Plan, last: Round, counts: NDArray[np.int64], half_widths: NDArray[np.float64]) -> Round | None:
    """Return the next round: more runs of every point whose interval is still too wide; None when all is done.

    Parameters
    ----------
    last
        The round before.
    counts
        Replications so far, by point.
    half_widths
        Half the 95 % interval of the effect, by point; NaN where fewer than two pairs were completed.
    """
    until = made.experiment.until
    if until is None:
        return None
    # The interval narrows with the root of the number; never more than doubled, for the first spread is a guess.
    needed = np.where(np.isfinite(half_widths), counts * (half_widths / until.half_width) ** 2, np.inf)
    wanted = np.clip(np.ceil(np.minimum(needed, 2.0 * counts)), counts + 1, until.at_most).astype(np.int64)
    points = np.flatnonzero(~(half_widths <= until.half_width) & (counts < until.at_most))
    if not points.size:
        return None
    return made.round(points, counts[points], wanted[points], last.first_run + last.runs, last.numbers.stop)


def inputs(made: Plan) -> list[Path]:
    """Return the files that the plan was read from, but for built-in scenarios: experiment, scenarios, kinds.

    They are named as they were asked for, whatever links stand for.
    """
    folder = made.experiment.folder
    found = dict.fromkeys(absolute(path) for path in files.read_from(folder, f"{made.experiment.name}.toml"))
    built_in = files.shipped("scenarios").resolve()
    for name in made.experiment.scenarios:
        for path in files.read_from(folder, name):
            if path.resolve().parent != built_in:
                found[absolute(path)] = None
                for room in kinds.ROOMS:
                    found |= dict.fromkeys(sorted((absolute(path).parent / room).glob("*.py")))
    return list(found)
