"""What ordinary surveys would have shown at the end: one in a place with the programme, one in a place without.

Each arm of a replication is surveyed on its own: other respondents, other errors, other shifts. So shared luck, which
makes the paired effects sharp, does not make surveys sharper than they are. One analyst compares the two by clusters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.randomness import Luck
from cohesion_sim.studies.estimators import difference
from cohesion_sim.studies.survey import answers, ordinary, sample, to_scale

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.municipality import Municipality

MEASURES = ("attitude", "trust", "security", "acceptance", "norm")
"""What is asked, once each; acceptance is told from the answer on attitude, by the scenario's cut."""
COLUMNS = ("programme", "replication", "measure", "nothing", "with", "difference", "low", "high", "significant")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The answers of one arm by measure, and the sampled cluster of each respondent; arrays (respondents,)."""

    answers: dict[str, NDArray[np.float64]]
    cluster: NDArray[np.int64]


def survey(start: Municipality, final: Mapping[str, NDArray[Any]], arm: str, week: int) -> Surveyed:
    """Return an ordinary survey of one arm; ``final`` is that of `cohesion_sim.record.Outcome`."""
    people, facts = start.people, start.scenario.measurement
    design, luck = ordinary(facts), Luck(start.seed, f"survey of {arm}", people.key)
    rows = sample(design, people, start.asked & final["here"], luck, week)
    told = {}
    for item, name in enumerate(("attitude", "trust", "security", "norm")):
        leans = final["norm"] if name == "attitude" else None  # what others approve is said of dealing with them
        raw = answers(design, final[name], leans, people.quarter, luck, rows, week, item)
        told[name] = to_scale(design, raw)
    told["acceptance"] = (told["attitude"] >= start.scenario.attitudes.acceptance_cut).astype(np.float64)
    return Surveyed(told, people.quarter[rows].astype(np.int64) if design.cluster else np.arange(len(rows)))


def compared(programme: str, replication: int, nothing: Surveyed, treated: Surveyed) -> list[dict[str, Any]]:
    """Return what the two surveys show, one row a measure of `MEASURES`, with the columns `COLUMNS`."""
    arm = np.repeat([0.0, 1.0], [len(nothing.cluster), len(treated.cluster)])
    if not 0 < arm.sum() < len(arm):
        return []
    apart = int(nothing.cluster.max()) + 1
    cluster = np.concatenate([nothing.cluster, treated.cluster + apart])
    rows = []
    for name in MEASURES:
        found = difference(np.concatenate([nothing.answers[name], treated.answers[name]]), arm, cluster)
        row = (nothing.answers[name].mean(), treated.answers[name].mean(), found.value, found.low, found.high)
        key = (programme, replication, name)
        rows.append(dict(zip(COLUMNS, (*key, *map(float, row), found.p < 0.05), strict=True)))
    return rows


def summary(surveys: DataFrame, effects: DataFrame) -> DataFrame:
    """Return what the surveys of all replications show: programme, measure, surveys, middle, low, high, ....

    ``middle`` is the median of the differences, ``low`` and ``high`` hold 90 % of them; ``significant`` counts those
    called significant at 5 %, ``wrong`` those of them against the sign of the mean paired effect; ``effect`` is that
    effect.
    """
    import pandas as pd

    whole = effects[effects["by"] == "all"]
    true = {(str(p), str(m)): float(e) for p, m, e in whole[["programme", "measure", "effect"]].itertuples(index=False)}
    rows = []
    for (programme, measure), part in surveys.groupby(["programme", "measure"], sort=False, observed=True):
        effect = true.get((str(programme), str(measure)), float("nan"))
        found, seen = part["difference"].to_numpy(float), part["significant"].to_numpy(bool)
        low, middle, high = np.quantile(found, [0.05, 0.5, 0.95])
        wrong = int((seen & (found * effect < 0)).sum())
        rows.append((programme, measure, len(found), middle, low, high, int(seen.sum()), wrong, effect))
    columns = ["programme", "measure", "surveys", "middle", "low", "high", "significant", "wrong", "effect"]
    return pd.DataFrame(rows, columns=columns)
