"""What a study found, gathered part by part: paired effects of every point, the whole table, how it was made."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.folder import MADE_BY, parquet_bytes, version, versions
from cohesion_sim.measures import MEASURES
from cohesion_sim.studies import export
from cohesion_sim.studies.effects import interval
from cohesion_sim.studies.runs import Plan
from cohesion_sim.studies.store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Floats = NDArray[np.float64]
EFFECTS = ("point", "scenario", "programme", "measure", "unit", "nothing", "with", "effect", "low", "high", "pairs")


@dataclass(slots=True, eq=False)
class Moments:
    """Number, mean and sum of squares of the paired differences to doing nothing, by point, programme, measure.

    Of all residents; flows are added up over the whole run, states are those of its last week. Parts are added one
    after the other, so memory does not grow with the number of runs.
    """

    arms: tuple[str, ...]
    measures: tuple[str, ...]
    counts: NDArray[np.int64]  # replications planned so far, by point
    number: NDArray[np.int64] = field(repr=False)
    mean: Floats = field(repr=False)
    squares: Floats = field(repr=False)
    without: Floats = field(repr=False)  # mean of the same pairs without a programme

    @classmethod
    def empty(cls, plan: Plan, measures: Sequence[str]) -> Moments:
        """Return the moments before any run."""
        shape = (len(plan.points), len(plan.arms) - 1, len(measures))
        zeros = [np.zeros(shape) for _ in range(3)]
        return cls(plan.arms, tuple(measures), np.zeros(shape[0], np.int64), np.zeros(shape, np.int64), *zeros)

    def add(self, part: pa.Table) -> None:
        """Add the runs of a part."""
        rows = part.select(["run", "point", "programme", "week", "by", *self.measures]).to_pandas()
        rows = rows[rows["by"] == "all"]
        keys = [rows["run"], rows["programme"]]
        flows = [name for name in self.measures if MEASURES[name].flow]
        ends = rows[rows["week"] == rows.groupby(keys, sort=False)["week"].transform("max")]
        whole = ends.set_index(["run", "programme"])[["point", *self.measures]]
        if flows:
            whole[flows] = rows.groupby(keys, sort=False)[flows].sum(min_count=1)
        if "nothing" not in whole.index.get_level_values("programme"):
            return
        nothing = whole.xs("nothing", level="programme")
        for k, arm in enumerate(self.arms[1:]):
            if arm not in whole.index.get_level_values("programme"):
                continue
            mine = whole.xs(arm, level="programme")
            runs = mine.index.intersection(nothing.index, sort=False)
            pairs = [frame.loc[runs, list(self.measures)].to_numpy(float) for frame in (nothing, mine)]
            self._merge(k, mine.loc[runs, "point"].to_numpy(), *pairs)

    def _merge(self, k: int, points: NDArray[np.int64], first: Floats, second: Floats) -> None:
        """Add pairs of one programme: what was without and what was with it, shape (pairs, measures)."""
        difference = second - first
        known = np.isfinite(difference)
        for point in np.unique(points):
            here = (points == point)[:, None] & known
            n = here.sum(axis=0)
            some = np.maximum(n, 1)
            mean = np.where(here, difference, 0.0).sum(axis=0) / some
            squares = (np.where(here, difference - mean, 0.0) ** 2).sum(axis=0)
            without = np.where(here, first, 0.0).sum(axis=0) / some
            at = (point, k)
            before = self.number[at]
            after = np.maximum(before + n, 1)
            gap = mean - self.mean[at]
            self.squares[at] += squares + gap**2 * before * n / after  # Chan's rule
            self.mean[at] += gap * n / after
            self.without[at] += (without - self.without[at]) * n / after
            self.number[at] += n

    def variance(self) -> Floats:
        """Return the variance of the differences; NaN for fewer than two pairs."""
        return np.where(self.number > 1, self.squares / np.maximum(self.number - 1, 1), np.nan)

    def half_widths(self, arm: str, measure: str) -> Floats:
        """Return half the 95 % interval of one effect, by point; NaN where fewer than two pairs were completed."""
        at = (slice(None), self.arms.index(arm) - 1, self.measures.index(measure))
        low, high = interval(self.mean[at], self.variance()[at], self.number[at])
        return (high - low) / 2

    def table(self, points: pd.DataFrame) -> pd.DataFrame:
        """Return the effects, a row a point, programme and measure: ``EFFECTS``."""
        import pandas as pd

        low, high = interval(self.mean, self.variance(), self.number)
        point, arm, measure = (axis.reshape(-1) for axis in np.indices(self.number.shape))
        names = np.array(self.measures)[measure]
        known = self.number.reshape(-1) > 0
        effect = np.where(known, self.mean.reshape(-1), np.nan)
        without = np.where(known, self.without.reshape(-1), np.nan)
        columns = (
            point, points["scenario"].to_numpy()[point], np.array(self.arms[1:], object)[arm], names,
            np.array([MEASURES[name].unit for name in self.measures], object)[measure], without, without + effect,
            effect, low.reshape(-1), high.reshape(-1), self.number.reshape(-1),
        )  # fmt: skip
        return pd.DataFrame(dict(zip(EFFECTS, columns, strict=True)))


def headline(plan: Plan) -> list[str]:
    """Return the measures that an answer tells first."""
    wanted = dict.fromkeys(name for scenario in plan.scenarios.values() for name in scenario.headline)
    return [name for name in wanted if name in plan.kept] or list(plan.kept[:2])


def effects(store: Store, plan: Plan) -> pd.DataFrame:
    """Return the paired effects of all runs that are done, by point, programme and measure, for all residents."""
    found = Moments.empty(plan, plan.kept)
    if "all" in plan.experiment.keep.by and len(plan.arms) > 1:
        for part in store.batches(["run", "point", "programme", "week", "by", *plan.kept]):
            found.add(part)
    return found.table(plan.points)


def finish(store: Store, plan: Plan, runs: int) -> None:
    """Write the tables of a study whose runs are all done; the manifest comes last and says so."""
    failures = store.failures()
    export.write_table(store, plan, store.folder / "table.parquet", store.mend)
    store.put(store.folder / "failures.parquet", parquet_bytes(failures))
    text = effects(store, plan).to_csv(index=False, float_format="%.9g", lineterminator="\n")
    store.put(store.folder / "effects.csv", text.encode())
    told = {
        "made_by": MADE_BY,
        "verb": "study",
        "version": version(),
        "versions": versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "question": plan.experiment.question,
        "seed": plan.experiment.seed,
        "runs": runs,
        "failed": failures["run"].nunique(),
        "fingerprint": store.description["fingerprint"],
    }
    store.put(store.folder / "manifest.json", (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode())
