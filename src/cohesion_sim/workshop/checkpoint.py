"""A run as far as it is lived, to be gone on with: a control moved in week 60 changes nothing before week 60.

Whoever moves a control moves it again; then only the weeks after it are run. What goes on from a checkpoint is the same
to the last byte as what was run from the first week: luck belongs to weeks and people, never to the order of calls.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.model import CohesionModel

_CHANGES = ("state", "week", "running", "_abroad", "_visited")
"""What a week changes in a model, beside its record; all else follows from place and programme."""


@dataclass(slots=True)
class Notes:
    """What is noted of a run, week by week. Weeks run from 0 (before the first) unless said."""

    attitude: NDArray[np.uint8]  # (weeks + 1, n)
    met: NDArray[np.bool_]  # (weeks, n) from week 1
    events: list[NDArray[np.int32]] = field(default_factory=list)
    sessions: list[tuple[int, str, NDArray[np.int32]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run after ``week`` weeks: what its model remembers, and what was noted of it. Never changed, so shared."""

    week: int
    memory: dict[str, Any]
    record: dict[str, Any]
    notes: Notes


def taken(model: CohesionModel, notes: Notes) -> Checkpoint:
    """Return a checkpoint of a model, which goes on undisturbed."""
    week = model.week
    memory = deepcopy({name: getattr(model, name) for name in _CHANGES})
    record = deepcopy({name: value for name, value in vars(model.record).items() if name != "municipality"})
    until = Notes(notes.attitude[: week + 1].copy(), notes.met[:week].copy(), [*notes.events], [*notes.sessions])
    return Checkpoint(week, memory, record, until)


def resume(checkpoint: Checkpoint, model: CohesionModel, notes: Notes) -> None:
    """Put a model that is before its first week, and its notes, where another of the same place has got to."""
    # Through the door by which copies of a model come: it opens the windows of interventions on the arrays anew.
    model.__setstate__(deepcopy(checkpoint.memory))
    vars(model.record).update(deepcopy(checkpoint.record))
    week = checkpoint.week
    notes.attitude[: week + 1], notes.met[:week] = checkpoint.notes.attitude, checkpoint.notes.met
    notes.events, notes.sessions = [*checkpoint.notes.events], [*checkpoint.notes.sessions]
