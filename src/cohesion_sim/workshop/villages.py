"""A hundred villages like the one shown, each lived twice: in how many there was less, in how many more.

They are the first hundred replications of `run` under the same seed: the same place and programme, other people and
other luck; the first is the one shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import municipality
from cohesion_sim.measures import MEASURES
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies.effects import LAST
from cohesion_sim.studies.execute import replication_seed
from cohesion_sim.workshop.film import StoppedError, begun, series_of

VILLAGES = 100
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SAME = 1e-9

Series = NDArray[np.float32]
Pair = tuple[Series, Series]


def pair(
    scenario: Scenario,
    programme: Programme,
    seed: int,
    number: int,
    without: Series | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Pair:
    """Return all measures (measures, weeks + 1) of village ``number`` without and with the programme.

    ``without`` is given when it is known.

    Raises
    ------
    StoppedError
        If ``stopped`` says so; it is asked every week.
    """
    if stopped():  # before the longest step, which cannot be stopped
        raise StoppedError
    start = municipality.build(scenario, replication_seed(seed, number))

    def lived(each: Programme) -> Series:
        model = begun(scenario, each, start)
        while model.running:
            if stopped():
                raise StoppedError
            model.step()
        table = model.record.table()
        model.__dict__.clear()
        return series_of(table, start)

    if without is None:
        without = lived(Programme(name="nothing"))
    return without, lived(programme) if programme.interventions else without


def levels(series: Series) -> dict[str, float | None]:
    """Return each measure over the whole run: flows added up, states as the mean of the last weeks; None: unknown."""
    out: dict[str, float | None] = {}
    for row, measure in zip(series.astype(np.float64), MEASURES.values(), strict=True):
        weeks = row[1:]
        value = float(weeks.sum()) if measure.flow else float(weeks[-LAST:].mean())
        out[measure.name] = round(value, 0 if measure.unit == "count" else 4) if np.isfinite(value) else None
    return out


def both_levels(both: Pair) -> dict[str, list[float | None]]:
    """Return each measure without and with the programme."""
    one, two = (levels(side) for side in both)
    return {name: [one[name], two[name]] for name in one}


def fan(arms: Sequence[Series]) -> NDArray[np.float32]:
    """Return the quantiles of each measure over villages, (measures, 5, weeks + 1); flows added up so far."""
    whole = np.stack(arms).astype(np.float64)
    flows = [measure.flow for measure in MEASURES.values()]
    whole[:, flows] = np.cumsum(np.nan_to_num(whole[:, flows]), axis=2)
    lines = np.moveaxis(np.quantile(whole, QUANTILES, axis=0), 0, 1).astype(np.float32)
    # For drawing: twelve of 24 binary digits are far finer than a line is wide, and pack into half the room.
    rounded: NDArray[np.float32] = (lines.view(np.uint32) & np.uint32(0xFFFFF000)).view(np.float32)
    return rounded


def counted(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return by measure in how many villages there was less, as much, more with the programme, and all values."""
    told: dict[str, Any] = {"n": len(pairs)}
    values = [both_levels(each) for each in pairs]
    for name in MEASURES:
        known = [value[name] for value in values if None not in value[name]]
        if MEASURES[name].better == 0 or not known:
            continue
        change = np.array([two - one for one, two in known])  # type: ignore[operator]
        told[name] = {
            "fewer": int((change < -_SAME).sum()),
            "same": int((np.abs(change) <= _SAME).sum()),
            "more": int((change > _SAME).sum()),
            "values": known,
        }
    return told
