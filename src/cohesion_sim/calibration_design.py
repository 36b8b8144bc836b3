"""What a calibration file holds: a scenario, the facts to fit, and the local figures they are held against.

It is read and checked by `cohesion_sim.studies.calibration.load`; here only its shape is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from cohesion_sim.parameters import MOST_SEED, MOST_WEEKS, Choice

PRIORS = ("uniform", "triangular", "log_uniform")
"""What is believed of a fact before the figures are seen: all of its range alike, its value most, all sizes alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """[targets.NAME]: one local figure; either ``value`` with ``n``, of a survey, or ``count``, of a log."""

    measure: Annotated[str, "what was asked or counted, a measure of the model"]
    by: Annotated[Literal["all", "sex", "age", "community", "village"], "of whom"] = "all"
    group: Annotated[str, "which sex, age band, community or village"] = ""
    week: Annotated[int | None, Choice("weeks", 1, MOST_WEEKS, "when a survey was held; left out: at the end")] = None
    weeks: Annotated[
        tuple[int, ...], Choice("weeks", 1, MOST_WEEKS, "first and last week of a count; left out: the whole run")
    ] = ()
    value: Annotated[float | None, Choice("as the measure", -1e9, 1e9, "mean or share in the survey")] = None
    n: Annotated[int | None, Choice("respondents", 1, 10_000_000, "whose answers the value is made of")] = None
    design_effect: Annotated[
        float, Choice("ratio", 0.2, 100, "how much larger the variance is than of a simple random sample")
    ] = 1.0
    sd: Annotated[
        float | None, Choice("as the measure", 1e-9, 1e9, "SD of single answers; left out: the largest it can be")
    ] = None
    count: Annotated[int | None, Choice("events", 0, 100_000_000, "how many were counted")] = None
    recorded: Annotated[float, Choice("share", 0.01, 1, "of the events that reach the log")] = 1.0
    discrepancy: Annotated[
        float,
        Choice("as the value; of a count: share of it", 0, 1e9, "SD of what else sets figure and model apart"),
    ] = 0.0
    mark: Annotated[Literal["F", "D", "M-h", "M-m", "M-l", "A"], "how the figure is known"]
    source: Annotated[str, "where the figure stands, in your own words"]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A calibration file. ``name``, ``folder`` and ``text`` do not stand in it."""

    scenario: Annotated[str, "name of a scenario, or of a file beside this one"]
    programme: Annotated[str, "what was going on when the figures were taken"] = "nothing"
    weeks: Annotated[int | None, Choice("weeks", 1, MOST_WEEKS, "length of a run; left out: the scenario's")] = None
    seed: Annotated[int, Choice("number", 0, MOST_SEED, "same seed, same numbers")] = 1
    runs: Annotated[int, Choice("runs", 20, 100_000, "in each round")] = 300
    rounds: Annotated[int, Choice("rounds", 1, 12, "each closer to what the figures say")] = 3
    check: Annotated[int, Choice("runs", 20, 100_000, "with which the result is held against the figures")] = 200
    fit: Mapping[str, Any]
    targets: Mapping[str, Target] = field(default_factory=dict)
    table: Annotated[str, "CSV file beside this one: a row a figure"] = ""
    name: str = ""
    folder: Path = Path()
    text: str = ""
