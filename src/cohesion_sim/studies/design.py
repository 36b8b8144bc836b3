"""What varies in an experiment, and the points at which it is run: a grid, or a sample laid by SciPy or SALib."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.experiment import Experiment
from cohesion_sim.fields import RefusedError, UnknownError, admit, field_at, hints, shape, show
from cohesion_sim.files import places_of
from cohesion_sim.layers import Place
from cohesion_sim.parameters import nearest
from cohesion_sim.scenario import Programme, Scenario

if TYPE_CHECKING:
    import pandas as pd

MOST_POINTS = 100_000
POWERS = ("sobol", "saltelli")
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that varies in one scenario: listed values, or all numbers from ``low`` to ``high``."""

    path: str
    values: Values = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    @property
    def moves(self) -> bool:
        """Whether there is more than one value: what has one is no number to sample."""
        return len(self.values) != 1

    def at(self, unit: float) -> Any:
        """Return the value at a place between 0 and 1."""
        if self.values:
            return self.values[min(int(unit * len(self.values)), len(self.values) - 1)]
        if self.log:
            value = math.exp(math.log(self.low) + unit * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + unit * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value

    def steps(self, levels: int) -> list[Any]:
        """Return the values of a grid, each once."""
        if self.values:
            return list(self.values)
        return list(dict.fromkeys(self.at(k / (levels - 1)) for k in range(levels)))


def leaves(vary: Mapping[str, Any], above: Place = ()) -> Iterator[tuple[str, Place, Any]]:
    """Yield path, place in the file and entry of everything that varies; dotted names are nested tables."""
    for name, entry in vary.items():
        place = (*above, name)
        if isinstance(entry, Mapping) and entry and not _is_span(entry):
            yield from leaves(entry, place)
        else:
            yield ".".join(place), place, entry


def _is_span(entry: Mapping[str, Any]) -> bool:
    """Return whether a table says how far a number goes, rather than holding further names."""
    ends = [entry[name] for name in ("low", "high", "scale") if name in entry]
    return bool(ends) and not any(isinstance(end, Mapping) for end in ends)


def axis(scenario: Scenario, path: str, entry: Any) -> Axis:
    """Return what varies in a scenario. Raises `RefusedError` in words that name neither file nor line."""
    hint, number = _hint(scenario, path)
    form = shape(hint)
    numeric = form.plain in (int, float)
    if isinstance(entry, list):
        if not entry:
            raise RefusedError("no value is given", f"{_key(path)} = [{show(number)}] and the others")
        values = []
        for value in entry:
            try:
                values.append(admit(hint, value, path.rpartition(".")[2]))
            except RefusedError as error:
                mend = error.limits or error.mend
                raise RefusedError(error.what, mend) from None
        if len({repr(value) for value in values}) < len(values):
            raise RefusedError("a value stands twice", "each value once")
        return Axis(path, tuple(values))
    if entry != "range" and not (isinstance(entry, Mapping) and _is_span(entry)):
        raise RefusedError(
            f"{show(entry)} says nothing that can vary",
            f'{_key(path)} = "range", a list such as [{show(number)}], or {{ low = …, high = … }}',
        )
    if not numeric:
        raise RefusedError("is no number, so it has no range", f"{_key(path)} = [{show(number)}] and the others")
    return _span(scenario, path, {} if entry == "range" else entry, hint)


def _span(scenario: Scenario, path: str, entry: Mapping[str, Any], hint: Any) -> Axis:
    """Return an axis of all numbers between two; an end that is left out is that of the evidence range."""
    unknown = [name for name in entry if name not in ("low", "high", "scale")]
    if unknown:
        raise RefusedError(f"unknown name '{unknown[0]}'{nearest(unknown[0], ('low', 'high', 'scale'))}. Correct it")
    scale = entry.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise RefusedError(f"{show(scale)} is no scale", 'scale = "linear" or scale = "log"')
    place = ".".join(places_of(scenario, path)[0])
    known = scenario.provenance.get(place)
    evidence = known.range if known is not None else None
    ends = []
    for name, number in zip(("low", "high"), (0, 1), strict=True):
        if name not in entry and evidence is None:
            raise RefusedError(
                f"{path} has no evidence range in {scenario.name}", f"{_key(path)} = {{ low = …, high = … }}"
            )
        given = entry[name] if name in entry else evidence[number] if evidence else None
        try:
            ends.append(float(admit(hint, given, name)))
        except RefusedError as error:
            raise RefusedError(f"{name}: {error.what}", error.limits or error.mend) from None
    low, high = ends
    if low >= high:
        raise RefusedError(f"from {show(low)} to {show(high)} is no range", "the smaller number as low")
    if scale == "log" and low <= 0:
        raise RefusedError("a scale of logarithms needs numbers above 0", "a low above 0, or leave scale out")
    return Axis(path, (), low, high, scale == "log", shape(hint).plain is int)


def _hint(scenario: Scenario, path: str) -> tuple[Any, Any]:
    """Return annotation and value of what a path names. Raises `RefusedError`."""
    place = places_of(scenario, path)[0]
    try:
        number, hint = field_at(scenario, Scenario, place)
    except UnknownError as error:
        known: Iterable[str] = error.known
        if error.name == place[0]:
            known = [*(set(hints(Scenario)) - {"trial", "provenance", "sources", "text"}), *scenario.programmes]
        raise RefusedError(
            f"unknown name '{error.name}'{nearest(error.name, known)} in {scenario.name}. "
            "`cohesion-sim parameters` lists all"
        ) from None
    if isinstance(number, Mapping | Programme) or hasattr(number, "__dataclass_fields__"):
        raise RefusedError(f"{path} is a section", "the name of one of its entries")
    return hint, number


def _key(path: str) -> str:
    return f'"{path}"'


# ------------------------------------------------------------------------------------------ points


def rows(experiment: Experiment, axes: Sequence[Axis]) -> list[Values]:
    """Return the values of every point of one scenario, one row a point, in the order of ``axes``."""
    if not axes:
        return [()]
    if experiment.design == "grid":
        return list(itertools.product(*(one.steps(experiment.levels) for one in axes)))
    laid = units(experiment, [one.path for one in axes if one.moves])
    out = []
    for row in laid.tolist():
        places = iter(row)
        out.append(tuple(one.at(next(places) if one.moves else 0.0) for one in axes))
    return out


def units(experiment: Experiment, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the sampled design between 0 and 1, shape (points, names), drawn under the seed of the file."""
    digest = hashlib.blake2b(f"{experiment.seed}/design".encode(), digest_size=4).digest()
    seed, many = int.from_bytes(digest, "big"), experiment.points
    if experiment.design in ("latin_hypercube", "sobol"):
        from scipy.stats import qmc

        engine = qmc.LatinHypercube if experiment.design == "latin_hypercube" else qmc.Sobol
        return np.asarray(engine(len(names), seed=seed).random(many))
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    if experiment.design == "morris":
        from SALib.sample import morris

        return np.asarray(morris.sample(problem, many, num_levels=4, seed=seed))
    from SALib.sample import sobol

    return np.asarray(sobol.sample(problem, many, calc_second_order=False, seed=seed))


def moving(experiment: Experiment) -> list[str]:
    """Return the paths that have more than one value, in the order of the file."""
    entries = ((path, entry) for path, _, entry in leaves(experiment.vary))
    return [path for path, entry in entries if not (isinstance(entry, list) and len(entry) == 1)]


def logs(experiment: Experiment) -> set[str]:
    """Return the paths that vary on a scale of logarithms."""
    entries = ((path, entry) for path, _, entry in leaves(experiment.vary) if isinstance(entry, Mapping))
    return {path for path, entry in entries if entry.get("scale") == "log"}


def size(experiment: Experiment, axes: Sequence[Axis]) -> int:
    """Return how many points one scenario has, without laying them."""
    if not axes:
        return 1
    if experiment.design == "grid":
        return math.prod(len(one.steps(experiment.levels)) for one in axes)
    moving = sum(one.moves for one in axes)
    each = {"morris": moving + 1, "saltelli": moving + 2}.get(experiment.design, 1)
    return experiment.points * each


def frame(scenarios: Sequence[str], paths: Sequence[str], laid: Mapping[str, list[Values]]) -> pd.DataFrame:
    """Return the points of all scenarios: point, scenario, and a column for each path."""
    import pandas as pd

    told = [(name, *row) for name in scenarios for row in laid[name]]
    points = pd.DataFrame(told, columns=["scenario", *paths])
    points.insert(0, "point", np.arange(len(points)))
    return points
