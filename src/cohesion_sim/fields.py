"""A value of a file against the declaration of its field: what is admitted, and the words when it is not."""



from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import math
import numbers
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from cohesion_sim.parameters import Choice, Declared, nearest


class RefusedError(ValueError):
    """A value that its field does not admit; the text says what is wrong and what to write."""


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """What a field holds: its plain type, the arguments of that type, and its declaration (None: plain)."""

    plain: Any
    arguments: tuple[Any, ...]
    declared: Declared | None
    meaning: str

    @property
    def is_section(self) -> bool:
        """Whether the field is a section of its own."""
        return dataclasses.is_dataclass(self.plain)


@functools.cache
def hints(cls: type) -> dict[str, Any]:
    """Return the annotations of a dataclass's fields by name, declarations included."""
    known = typing.get_type_hints(cls, include_extras=True)
    return {field.name: known[field.name] for field in dataclasses.fields(cls)}


def shape(hint: Any) -> Shape:
    """Return the shape behind an annotation; ``X | None`` counts as X."""
    declared, meaning = None, ""
    if typing.get_origin(hint) is Annotated:
        hint, *extras = typing.get_args(hint)
        declared = next((extra for extra in extras if isinstance(extra, Declared)), None)
        meaning = declared.meaning if declared else next((x for x in extras if isinstance(x, str)), "")
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = shape(next(part for part in typing.get_args(hint) if part is not type(None)))
        return inner if declared is None else dataclasses.replace(inner, declared=declared, meaning=meaning)
    return Shape(origin or hint, typing.get_args(hint), declared, meaning)


def required(cls: type) -> list[str]:
    """Return the names of the fields that a file must give."""
    missing = dataclasses.MISSING
    return [f.name for f in dataclasses.fields(cls) if f.default is missing and f.default_factory is missing]


def show(value: Any) -> str:
    """Return a value as it is written in a file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, numbers.Real):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.10g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return "{ … }" if isinstance(value, Mapping) else str(value)


def written(name: str, declared: Declared | None, value: Any) -> str:
    """Return how the entry is written: a fact as a table, a choice as a plain value."""
    if declared is None or isinstance(declared, Choice):
        return f"{name} = {show(value)}"
    return f"{name} = {{ value = {show(value)}, … }}"


def allowed(declared: Declared, *, whole: bool) -> str:
    """Return the limits in words."""
    kind = "a whole number" if whole else "a number"
    return f"{kind} from {show(declared.low)} to {show(declared.high)}"


def admit(hint: Any, value: Any, name: str) -> Any:
    """Return the value in the field's own type. Raises `RefusedError`: what is wrong and what to write."""
    form = shape(hint)
    if form.plain in (int, float):
        return _number(form, value, name)
    if form.plain is bool:
        if not isinstance(value, bool):
            raise RefusedError(
                f"{show(value)} is neither true nor false. Write {name} = true or {name} = false"
            )
        return value
    if form.plain is str:
        if not isinstance(value, str):
            raise RefusedError(f"{show(value)} is not a text. Write {name} = {show(str(value))}")
        return value
    if form.plain is Literal:
        if value not in form.arguments:
            raise RefusedError(
                f"{show(value)} is not one of the possible values{nearest(str(value), form.arguments)}"
            )
        return value
    if form.plain is datetime.date:
        return _date(value, name)
    if form.plain is tuple:
        return _row(form, value, name)
    raise RefusedError(f"'{name}' is a section. Set one of its entries")


def _number(form: Shape, value: Any, name: str) -> int | float:
    whole = form.plain is int
    declared = form.declared or Declared("number", -math.inf, math.inf, "")
    example = min(max(declared.low, 0), declared.high)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        what = {bool: "true or false", str: "text", list: "a list", dict: "a table"}.get(
            type(value), "something else"
        )
        with contextlib.suppress(ValueError):
            example = float(str(value).replace(",", "."))
        raise RefusedError(
            f"{show(value)} is {what}, not a number. Write {written(name, form.declared, example)}"
        )
    number = float(value)
    if not math.isfinite(number):
        raise RefusedError(
            f"{number} is not a number that can be used. Write {allowed(declared, whole=whole)}"
        )
    if whole and not number.is_integer():
        mend = written(name, form.declared, round(number))
        raise RefusedError(f"{show(number)} is not a whole number. Write {mend}")
    for limit, side, beyond in (
        (declared.low, "below", number < declared.low),
        (declared.high, "above", number > declared.high),
    ):
        if beyond:
            mend = written(name, form.declared, limit)
            raise RefusedError(
                f"{show(value)} is {side} the limit {show(limit)} ({declared.unit}). "
                f"Write {allowed(declared, whole=whole)}, e.g. {mend}"
            )
    return int(number) if whole else number


def _date(value: Any, name: str) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    raise RefusedError(
        f"{show(value)} is not a date. "
        f"Write year-month-day without quotation marks or time, e.g. {name} = 2019-03-04"
    )


def _row(form: Shape, value: Any, name: str) -> tuple[Any, ...]:
    inner = form.arguments[0] if form.arguments else str
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise RefusedError(f"{show(value)} is not a list. Write {name} = [{show(value)}]")
    hint = Annotated[inner, form.declared] if form.declared else inner
    row = []
    for place, item in enumerate(value, 1):
        try:
            row.append(admit(hint, item, name))
        except RefusedError as error:
            raise RefusedError(f"item {place}: {error}") from None
    return tuple(row)
