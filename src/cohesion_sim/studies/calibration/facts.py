"""Facts to fit: where each may lie before the figures are seen, as entries of [fit] say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files
from cohesion_sim.calibration_design import PRIORS
from cohesion_sim.consistency import full_path
from cohesion_sim.fields import RefusedError, UnknownError, admit, field_at, shape, show
from cohesion_sim.layers import Place
from cohesion_sim.parameters import Fact, InputError, nearest
from cohesion_sim.scenario import Scenario

Floats = NDArray[np.float64]
KEYS = ("prior", "low", "high")


@dataclass(frozen=True, slots=True)
class FittedFact:
    """A fact, the value it has in the scenario, and its prior."""

    path: str
    value: float
    prior: str
    low: float
    high: float
    unit: str
    meaning: str
    whole: bool = False

    def at(self, unit: Floats) -> Floats:
        """Return the values at places between 0 and 1 of the prior, not yet rounded."""
        if self.prior == "log_uniform":
            return np.asarray(self.low * (self.high / self.low) ** unit)
        if self.prior == "triangular":
            span, mode = self.high - self.low, min(max(self.value, self.low), self.high)
            turn = (mode - self.low) / span
            rising = self.low + np.sqrt(unit * span * (mode - self.low))
            falling = self.high - np.sqrt((1 - unit) * span * (self.high - mode))
            return np.where(unit < turn, rising, falling)
        return np.asarray(self.low + unit * (self.high - self.low))

    def admitted(self, unit: float) -> float | int:
        """Return the value at a place between 0 and 1 as a scenario takes it."""
        value = min(max(float(self.at(np.array([unit]))[0]), self.low), self.high)
        return round(value) if self.whole else value


def leaves(entries: Mapping[str, Any], above: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield place below [fit] and entry of every fact; dotted names are nested tables."""
    for name, entry in entries.items():
        place = (*above, *name.split("."))
        if isinstance(entry, Mapping) and entry and not any(key in KEYS for key in entry):
            yield from leaves(entry, place)
        else:
            yield place, entry


def fitted_fact(scenario: Scenario, path: str, entry: Any) -> FittedFact:
    """Return a fact with its prior. Raises `RefusedError` in words that name neither file nor line."""
    prior, ends = _entry(path, entry)
    place, hint = _place(scenario, path)
    known = scenario.provenance.get(place)
    if known is None or not isinstance(shape(hint).declared, Fact):
        raise RefusedError("is a choice: people decide it, and figures cannot tell it. Remove it from [fit]")
    if known.range is None and len(ends) < 2:
        raise RefusedError("has no range in the scenario", f"{path} = {{ low = …, high = … }}")
    low, high = (float(ends.get(name, (known.range or (0.0, 0.0))[side])) for side, name in enumerate(("low", "high")))
    for name, end in (("low", low), ("high", high)):
        try:
            admit(hint, round(end) if shape(hint).plain is int else end, path.rpartition(".")[2])
        except RefusedError as error:
            raise RefusedError(f"{name}: {error.what}", error.limits or error.mend) from None
    if not low < high:
        raise RefusedError(
            f"the range from {show(low)} to {show(high)} leaves nothing to find", f"{path} = {{ low = …, high = … }}"
        )
    if prior == "log_uniform" and low <= 0:
        raise RefusedError("all sizes alike needs a range above 0", f"{path} = {{ prior = \"log_uniform\", low = … }}")
    whole = shape(hint).plain is int
    return FittedFact(path, float(known.value), prior, low, high, known.unit, known.meaning, whole)


def _entry(path: str, entry: Any) -> tuple[str, dict[str, float]]:
    """Return the name of the prior, and the ends that are given."""
    mend = f'{path} = "uniform" (its evidence range), or {{ prior = "uniform", low = …, high = … }}'
    if isinstance(entry, str):
        entry = {"prior": entry}
    if not isinstance(entry, Mapping):
        raise RefusedError(f"{show(entry)} is no prior", mend)
    unknown = next((key for key in entry if key not in KEYS), None)
    if unknown is not None:
        raise RefusedError(f"unknown name '{unknown}'{nearest(unknown, KEYS)}. Correct or remove it")
    prior = entry.get("prior", "uniform")
    if prior not in PRIORS:
        raise RefusedError(f"{show(prior)} is no prior{nearest(str(prior), PRIORS)}", mend)
    ends = {name: entry[name] for name in ("low", "high") if name in entry}
    wrong = next((end for end in ends.values() if isinstance(end, bool) or not isinstance(end, int | float)), None)
    if wrong is not None:
        raise RefusedError(f"{show(wrong)} is not a number", mend)
    return prior, ends


def _place(scenario: Scenario, path: str) -> tuple[str, Any]:
    """Return the full path of one number, as provenance has it, and its annotation."""
    parts = full_path(scenario, path)
    if parts[0] == "kinds" and len(parts) == 3:
        parts = _of_kind(scenario, path)
    try:
        value, hint = field_at(scenario, Scenario, parts)
    except UnknownError as error:
        words = f"unknown name '{error.name}'{nearest(error.name, error.known)}"
        raise RefusedError(f"{words}. `cohesion-sim parameters` lists all") from None
    if isinstance(value, tuple):
        raise RefusedError("is a row of numbers, which must fit together. Remove it from [fit]")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError("is no number. `cohesion-sim parameters` lists all numbers")
    return ".".join(parts), hint


def _of_kind(scenario: Scenario, path: str) -> tuple[str, ...]:
    """Return where a number of a kind stands; the first place stands for all, which get the same value."""
    _, kind, name = path.split(".")
    groups: dict[tuple[str, ...], Mapping[str, Any]] = {("shocks",): scenario.shocks}
    groups |= {("programmes", key, "interventions"): one.interventions for key, one in scenario.programmes.items()}
    for place, group in groups.items():
        for label, actor in group.items():
            if type(actor).__module__.rpartition(".")[2] == kind:
                return (*place, label, name)
    raise RefusedError(f"no intervention or shock of the kind '{kind}' here. `cohesion-sim kinds` lists all")


def try_ends(scenario: Scenario, facts: tuple[FittedFact, ...]) -> Iterator[tuple[str, str]]:
    """Yield path and words where the scenario does not take an end of a fact's range."""
    for fact in facts:
        for name, unit in (("low", 0.0), ("high", 1.0)):
            try:
                files.with_values(scenario, {fact.path: fact.admitted(unit)})
            except InputError as error:
                yield fact.path, f"the {name} end cannot be run: {error.messages[0]}. Write {name} = … nearer its value"
