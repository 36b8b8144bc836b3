"""One person on the map: whom she knows, whom she met this week and how it went. No names: nobody is real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cohesion_sim.kernels import encounters
from cohesion_sim.municipality import Municipality
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.ties import KINDS
from cohesion_sim.workshop.film import StoppedError, begun, seen

ACROSS = (encounters.WENT_BADLY, encounters.WENT_WELL)


def person(
    scenario: Scenario,
    programme: Programme,
    start: Municipality,
    row: int,
    week: int,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Return the ties of a resident, and whom she met in a week (0: before the first) and in what activities.

    ``well`` is None where an encounter says nothing about communities. The week is lived again to see it.

    Raises
    ------
    StoppedError
        If ``stopped`` says so; it is asked every week.
    """
    table = start.ties
    own = slice(table.start[row], table.start[row + 1])
    partners, ties = table.partner[own], table.tie[own]
    told: dict[str, Any] = {
        "person": row,
        "week": week,
        "ties": [
            {"person": int(partner), "kind": KINDS[table.kind[tie]]}
            for partner, tie in zip(partners, ties, strict=True)
        ],
        "met": [],
        "activities": [],
    }
    if week == 0:
        return told
    model = begun(scenario, programme, start)
    while model.week < week:
        if stopped():
            raise StoppedError
        model.step()
    state = model.state
    became = state.became[ties]
    met = [(int(p), int(how)) for p, how in zip(partners[became > 0], became[became > 0], strict=True)]
    if state.stranger_how[row]:
        met.append((int(state.stranger[row]), int(state.stranger_how[row])))
    told["met"] = [{"person": who, "well": how == encounters.WENT_WELL if how in ACROSS else None} for who, how in met]
    told["activities"] = [
        label for label, done in model.done if (rows := seen(label, done)) is not None and bool(np.isin(row, rows))
    ]
    told["away"] = bool(state.away[row])
    model.__dict__.clear()
    return told
