"""Local figures beside what the model says: what is read off a run, on which scale, measured how well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.calibration_design import Target
from cohesion_sim.fields import RefusedError, admit, hints, shape, show
from cohesion_sim.measures import AGES, MEASURES
from cohesion_sim.parameters import nearest
from cohesion_sim.place_table import read_table
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario

Floats = NDArray[np.float64]
WHOLE = ("tie_trust", "open", "approval", "mediators", "spending", "polarisation", "spread")
"""Measures of the whole municipality only."""
SCALES = {"share": 1.0, "0-1": 1.0, "0-10": 10.0}
"""Largest value of measures that a survey can ask."""
COLUMNS = ("name", *(field.name for field in fields(Target)))


@dataclass(frozen=True, slots=True)
class Figure:
    """A local figure, resolved: what it is, where it is read off a run, and how well it was measured."""

    name: str
    target: Target
    first: int
    last: int

    @property
    def counted(self) -> bool:
        """Whether it is a number of events."""
        return self.target.count is not None

    @property
    def observed(self) -> float:
        """The figure itself."""
        found = self.target.count if self.target.count is not None else self.target.value
        assert found is not None
        return float(found)

    @property
    def error(self) -> float:
        """The SD of measuring it, in its own unit; of a count only what its discrepancy says."""
        target = self.target
        if target.count is not None:
            return target.discrepancy * float(max(target.count, 1))
        return float(np.hypot(self.sampling, target.discrepancy))

    @property
    def sampling(self) -> float:
        """The standard error of a survey, with its design effect."""
        target = self.target
        assert target.n is not None
        assert target.value is not None
        sd = target.sd
        if sd is None:
            # No answers between 0 and the top can spread wider than all at the two ends; at the ends themselves a
            # share of a survey is never that sure.
            top = SCALES[MEASURES[target.measure].unit]
            share = (target.value / top * target.n + 1) / (target.n + 2)
            sd = top * float(np.sqrt(share * (1 - share)))
        return sd * float(np.sqrt(target.design_effect / target.n))

    def scaled(self, values: Floats) -> Floats:
        """Return values on the scale on which luck is about normal: counts by their root [ANSCOMBE48]."""
        return 2 * np.sqrt(values + 0.375) if self.counted else values

    @property
    def noise(self) -> float:
        """The variance of measuring on that scale."""
        if not self.counted:
            return self.error**2
        # What a share of x does to 2 sqrt(x).
        return (self.target.discrepancy**2) * self.observed

    def read(self, table: Floats, groups: tuple[tuple[str, str], ...]) -> float:
        """Return the figure in the weekly measures of a run, shape (weeks, groups, measures)."""
        group = groups.index((self.target.by, self.target.group or "all"))
        column = table[:, group, list(MEASURES).index(self.target.measure)]
        if MEASURES[self.target.measure].flow:
            return float(column[self.first - 1 : self.last].sum())
        return float(column[self.last - 1])

    def logged(self, value: float, seed: int) -> float:
        """Return how many of so many events reach the log; the same for the same seed."""
        if not self.counted or self.target.recorded == 1:
            return value
        from scipy.stats import binom

        luck = Luck(seed, f"calibration/{self.name}").uniform("recorded", 0, np.array([-1]))
        return float(binom.ppf(float(luck[0]), round(value), self.target.recorded))

    def measured(self, values: Floats, seed: int) -> Floats:
        """Return what a survey or log would have shown of runs, (runs,): noise of measuring put on them."""
        luck = Luck(seed, f"calibration/{self.name}").normal("measured", 0, np.arange(len(values)))
        if self.counted:
            return np.asarray(np.maximum(np.round(values * (1 + self.target.discrepancy * luck)), 0))
        return values + self.error * luck


def figures_of(targets: Mapping[str, Target], weeks: int) -> tuple[Figure, ...]:
    """Return the figures of targets without mistakes."""
    out = []
    for name, target in targets.items():
        first, last = target.weeks or (1, target.week or weeks)
        out.append(Figure(name, target, first, last))
    return tuple(out)


def target_problems(target: Target, scenario: Scenario, weeks: int) -> Iterator[tuple[str, str]]:
    """Yield field and words of everything in a figure that does not fit together."""
    if target.measure not in MEASURES:
        yield "measure", f"unknown measure '{target.measure}'{nearest(target.measure, MEASURES)}"
        return
    measure = MEASURES[target.measure]
    yield from _of_whom(target, scenario)
    if (target.value is None) == (target.count is None):
        told = "both value and count are given" if target.count is not None else "neither value nor count is given"
        yield "measure", f"{told}. Write value and n for a survey, or count for a log"
    elif target.count is not None:
        if not (measure.flow and measure.unit == "count"):
            counts = [name for name, one in MEASURES.items() if one.flow and one.unit == "count"]
            yield "count", f"{target.measure} is not counted. Write value and n, or one of {', '.join(counts)}"
        for name in ("n", "sd", "week"):
            if getattr(target, name) is not None:
                yield name, f"belongs to a survey, and this is a count. Remove {name}"
        if target.weeks and not (len(target.weeks) == 2 and target.weeks[0] <= target.weeks[1] <= weeks):
            yield "weeks", f"are not a first and a last week of the {weeks} weeks of a run. Write weeks = [1, {weeks}]"
    else:
        yield from _survey_problems(target, weeks)


def _of_whom(target: Target, scenario: Scenario) -> Iterator[tuple[str, str]]:
    known: dict[str, tuple[str, ...]] = {
        "sex": ("men", "women"),
        "age": AGES,
        "community": tuple(scenario.communities),
        "village": tuple(scenario.villages),
    }
    if target.by == "all":
        if target.group not in ("", "all"):
            mend = f'by = "community" (or sex, age, village) beside group = {show(target.group)}'
            yield "group", f"of whom is not said. Write {mend}"
    elif target.measure in WHOLE:
        yield "by", f"{target.measure} is known of everybody only. Remove by and group"
    elif target.group not in known[target.by]:
        yield "group", f"no {target.by} '{target.group}'{nearest(target.group, known[target.by])}"


def _survey_problems(target: Target, weeks: int) -> Iterator[tuple[str, str]]:
    measure = MEASURES[target.measure]
    if measure.flow:
        yield "value", f"{target.measure} is counted, not asked. Write count = … instead of value"
        return
    if target.n is None:
        yield "n", "is missing: without it nobody knows how sure the value is. Write n = … (respondents)"
    top = SCALES.get(measure.unit)
    if top is None and target.sd is None:
        words = f"{target.measure} ({measure.unit}) has no largest spread"
        yield "sd", f"is missing: {words}. Write sd = … of single answers"
    if top is not None and target.value is not None and not 0 <= target.value <= top:
        mend = f", e.g. {show(target.value / 100)}" if top == 1 and 1 < target.value <= 100 else ""
        yield "value", f"{show(target.value)} is beyond 0 to {top:g}. Write a number from 0 to {top:g}{mend}"
    if target.weeks:
        yield "weeks", "belong to a count, and this is a survey. Write week = …"
    if target.week is not None and target.week > weeks:
        yield "week", f"{target.week} is after the end of the run. Write weeks = {target.week} at the top, or less here"
    if target.recorded != 1:
        yield "recorded", "belongs to a count, and this is a survey. Remove recorded"


# ------------------------------------------------------------------------------------------- a table beside the file


def targets_of(path: Path) -> dict[str, Target]:
    """Return the figures of a CSV table without mistakes, by name."""
    return {name: target for _, name, target, _ in _rows(path) if target is not None}


def table_problems(
    path: Path, scenario: Scenario, weeks: int, taken: Mapping[str, Target]
) -> Iterator[str]:
    """Yield every mistake of a table: file, line, column, what is wrong, what to write."""
    seen = dict.fromkeys(taken)
    try:
        for line, name, target, mistakes in _rows(path):
            if not name and line > 1:
                yield f"{path.name}:{line}: column name: the cell is empty. Write a name for the figure"
            elif name in seen:
                yield f"{path.name}:{line}: column name: '{name}' stands twice. Rename one of the two"
            seen[name] = None
            for column, words in mistakes or (target_problems(target, scenario, weeks) if target else ()):
                yield f"{path.name}:{line}: column {column}: {words}"
    except RefusedError as refused:
        yield str(refused)


def _rows(path: Path) -> Iterator[tuple[int, str, Target | None, list[tuple[str, str]]]]:
    """Yield line, name, figure and mistakes of every row; a mistake of the columns stands in line 1."""
    table = read_table(path)
    wrong = [
        (column or "without a name", f"unknown column{nearest(column, COLUMNS)}. Rename or remove it")
        for column in table.columns
        if column not in COLUMNS
    ]
    needed = ("name", *(f.name for f in fields(Target) if f.default is MISSING))
    wrong += [(name, "is missing. Add it") for name in needed if name not in table.columns]
    if wrong:
        yield 1, "", None, wrong
        return
    for line, row in zip(table.lines, table.rows, strict=True):
        if len(row) != len(table.columns):
            words = f"the row has {len(row)} cells, the table {len(table.columns)} columns. Write one cell a column"
            yield line, f"line {line}", None, [("name", words)]
            continue
        cells = dict(zip(table.columns, row, strict=True))
        yield line, cells["name"], *_target(cells, needed)


def _target(cells: Mapping[str, str], needed: tuple[str, ...]) -> tuple[Target | None, list[tuple[str, str]]]:
    """Return the figure of a row, or its mistakes."""
    given: dict[str, Any] = {}
    mistakes = []
    for name, hint in hints(Target).items():
        cell = cells.get(name, "")
        if not cell:
            if name in needed:
                mistakes.append((name, "the cell is empty. Fill it"))
            continue
        try:
            given[name] = admit(hint, _plain(hint, cell), name)
        except RefusedError as error:
            mistakes.append((name, str(error) if not error.limits else f"{error.what}. Write {error.limits}"))
    return (None if mistakes else Target(**given)), mistakes


def _plain(hint: Any, cell: str) -> Any:
    """Return a cell as a file of TOML would hold it; weeks are written 1-26."""
    form = shape(hint)
    if form.plain is tuple:
        first, _, last = cell.partition("-")
        return [_number(first), _number(last)]
    return _number(cell) if form.plain in (int, float) else cell


def _number(cell: str) -> Any:
    try:
        number = float(cell)
    except ValueError:
        return cell
    return int(number) if number.is_integer() else number


