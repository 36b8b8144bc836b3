"""The table of a trial's places: a CSV file, a row a place, a column a number of the scenario."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cohesion_sim.fields import RefusedError, UnknownError, admit, field_at, maybe, show
from cohesion_sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """The cells of a table of places; ``lines`` are those of the file, one a row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_table(path: Path) -> PlaceTable:
    """Return the cells of a CSV file without empty rows. Raises `RefusedError`: what is wrong and what to write."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            stripped = ((reader.line_num, tuple(cell.strip() for cell in row)) for row in reader)
            rows = [(line, row) for line, row in stripped if any(row)]
    except UnicodeDecodeError:
        raise RefusedError(f"{path.name}: the file is not UTF-8", "save it as CSV UTF-8") from None
    except (OSError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise RefusedError(
            f"{path.name}: the file cannot be read ({reason})", "the name of a CSV file beside this file"
        ) from None
    if len(rows) < 2:
        raise RefusedError(f"{path.name}: no row below the names of the columns", "a row for each place")
    (_, columns), *below = rows
    if len(columns) == 1 and ";" in columns[0]:
        raise RefusedError(
            f"{path.name}: the columns are divided by semicolons", "commas between columns and a point in decimals"
        )
    return PlaceTable(columns, tuple(row for _, row in below), tuple(line for line, _ in below))


def rows_of(path: str) -> list[dict[str, float | int]]:
    """Return the numbers of each place by path, of a table without mistakes."""
    table = read_table(Path(path))
    return [
        {name: plain(float(cell)) for name, cell in zip(table.columns, row, strict=True)} for row in table.rows
    ]


def plain(value: float) -> float | int:
    """Return a whole number as one."""
    return int(value) if float(value).is_integer() else float(value)


def table_problems(scenario: Scenario, path: Path, parts_of: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """Yield every mistake of a table: file, line, column, what is wrong, what to write.

    ``parts_of`` returns where in the scenario a column's number stands.
    """
    try:
        table = read_table(path)
    except RefusedError as refused:
        yield str(refused)
        return
    hints = {}
    for number, name in enumerate(table.columns):
        place = f"{path.name}:1: column {number + 1}"
        if not name:
            yield f"{place}: has no name. Write the number it holds, e.g. people.size, or remove it"
        elif name in table.columns[:number]:
            yield f"{place}: '{name}' stands twice. Remove one of the two"
        else:
            try:
                hints[number] = field_at(scenario, Scenario, parts_of(name))[1]
            except UnknownError as error:
                words = f"unknown name '{error.name}' in '{name}'{maybe(error.name, error.known)}"
                yield f"{place}: {words}. `cohesion-sim parameters` lists all numbers"
    for line, row in zip(table.lines, table.rows, strict=True):
        if len(row) != len(table.columns):
            words = f"has {len(row)} cells, but there are {len(table.columns)} columns"
            yield f"{path.name}:{line}: {words}. Write one number a column"
            continue
        for number, hint in hints.items():
            words = _wrong(hint, row[number], table.columns[number])
            if words:
                yield f"{path.name}:{line}: column {table.columns[number]}: {words}"


def _wrong(hint: object, cell: str, name: str) -> str:
    """Return what is wrong with a cell and what to write; empty when nothing is."""
    try:
        value = float(cell)
    except ValueError:
        what = f"{show(cell)} is not a number" if cell else "the cell is empty"
        meant = cell.replace(",", ".")
        return f"{what}. Write " + (meant if _is_number(meant) else "a number with a point, e.g. 0.5")
    if not math.isfinite(value):
        return f"{cell} is not a number that can be used. Write another"
    try:
        admit(hint, plain(value), name.rpartition(".")[2])
    except RefusedError as refused:
        return f"{refused.what}. Write {refused.limits}" if refused.limits else str(refused)
    return ""


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
