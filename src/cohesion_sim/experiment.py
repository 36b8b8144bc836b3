"""What an experiment file holds: a question, the scenarios and programmes, what varies, how often, what is kept.

It is read and checked by `cohesion_sim.studies.plan.load_experiment`; here only its shape is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from cohesion_sim.parameters import MOST_SEED, MOST_WEEKS, Choice

REPLICATIONS = 20
"""Of every point, when the file gives neither ``replications`` nor [until]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """[until]: more replications of a point, until the interval of one effect is narrow enough."""

    effect: Annotated[str, "measure whose paired difference to doing nothing is looked at"]
    half_width: Annotated[float, Choice("as the measure", 1e-9, 1e9, "half the 95 % interval that is wanted")]
    programme: Annotated[str, "whose effect; left out: the first"] = ""
    at_least: Annotated[int, Choice("replications", 2, 100_000, "of every point")] = 8
    at_most: Annotated[int, Choice("replications", 2, 100_000, "of a point that stays wide")] = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """[keep]: what is written down of every run."""

    measures: tuple[str, ...] = ()  # none: all
    by: tuple[Literal["all", "sex", "age", "community", "village"], ...] = ("all",)
    every: Annotated[int, Choice("weeks", 0, MOST_WEEKS, "a row every so many weeks; 0: of the last week only")] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment file. ``name``, ``folder`` and ``text`` do not stand in it."""

    question: Annotated[str, "what is to be found out, in one sentence"]
    scenarios: tuple[str, ...]
    programmes: tuple[str, ...] = ("project",)
    replications: Annotated[int | None, Choice("replications", 1, 100_000, "of every point")] = None
    weeks: Annotated[int | None, Choice("weeks", 1, MOST_WEEKS, "length of a run; left out: the scenario's")] = None
    seed: Annotated[int, Choice("number", 0, MOST_SEED, "same seed, same numbers")] = 1
    design: Annotated[
        Literal["grid", "latin_hypercube", "sobol", "morris", "saltelli"], "how the points are laid into what varies"
    ] = "grid"
    points: Annotated[
        int, Choice("points", 1, 100_000, "of a sampled design; of morris trajectories; of saltelli its base")
    ] = 64
    levels: Annotated[int, Choice("values", 2, 1000, "of each range in a grid, its ends included")] = 3
    vary: Mapping[str, Any] = field(default_factory=dict)
    until: Until | None = None
    keep: Keep = field(default_factory=Keep)
    name: str = ""
    folder: Path = Path()
    text: str = ""
