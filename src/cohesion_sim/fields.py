"""A value of a file against the declaration of its field: what is admitted, and the words when it is not."""



from __future__ import annotations

import dataclasses
import datetime
import difflib
import functools
import math
import numbers
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from cohesion_sim.parameters import Choice, Declared, Fact

MOST_NAMES = 12  # names that a message lists

QUANTITY = re.compile(
    r"\s*(?P<number>[+-]?\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?:[.,]\d+)?|[+-]?\d+(?:[.,]\d+)?)"
    r"\s*(?P<unit>%.*|[^\W\d_].*)?"
)
"""A number in a text, maybe with its unit: "200 USD", "70 %", "6 000"."""


def sentence(words: str) -> str:
    """Return words with the point that ends them, unless they are a question."""
    return words if words.endswith("?") else f"{words}."


class RefusedError(ValueError):
    """A value that its field does not admit: what is wrong and what to write.

    Where the field holds a number, ``limits`` says in words what it admits and ``number`` what was
    probably meant (None when there is no telling).
    """

    def __init__(self, what: str, mend: str = "", number: float | None = None, limits: str = "") -> None:
        super().__init__(f"{sentence(what)} Write {mend}" if mend else what)
        self.what, self.mend, self.number, self.limits = what, mend, number, limits


class UnknownError(LookupError):
    """A name that is not known, and those that are."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known


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


def field_at(node: Any, hint: Any, parts: Sequence[str]) -> tuple[Any, Any]:
    """Return value and annotation of what lies at a path below ``node``; a number in a row has the row's.

    Raises
    ------
    UnknownError
        If there is no such path.
    """
    for part in parts:
        if isinstance(node, Mapping):
            if part not in node:
                raise UnknownError(part, list(node))
            arguments = shape(hint).arguments
            node, hint = node[part], arguments[1] if arguments else None
        elif dataclasses.is_dataclass(node) and not isinstance(node, type):
            cls: type = type(node)
            if part not in hints(cls):
                raise UnknownError(part, list(hints(cls)))
            node, hint = getattr(node, part), hints(cls)[part]
        else:
            break  # one number of a row
    return node, hint


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


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelt nearly like ``name``, None when none is."""
    return next(iter(difflib.get_close_matches(name, sorted(set(known)), n=1)), None)


def maybe(name: str, known: Iterable[str]) -> str:
    """Return ' (did you mean …?)', or nothing when no known name is close."""
    close = closest(name, known)
    return f" (did you mean '{close}'?)" if close else ""


def one_of(known: Iterable[str]) -> str:
    """Return the first known names as words of a message."""
    names = [str(name) for name in known]
    return f"one of {', '.join(names[:MOST_NAMES])}" + (", …" if len(names) > MOST_NAMES else "")


def written(name: str, declared: Declared | None, value: Any) -> str:
    """Return how the entry is written: a fact as a table, a choice as a plain value."""
    if declared is None or isinstance(declared, Choice):
        return f"{name} = {show(value)}"
    return f"{name} = {{ value = {show(value)}, … }}"


def lacking_entry(name: str, form: Shape, place: Sequence[str]) -> str:
    """Return what to write for an entry that is missing in the section at a place."""
    declared = form.declared
    if name in ("title", "description"):
        return f'{name} = {{ en = "…" }}'
    if form.is_section or (isinstance(form.plain, type) and issubclass(form.plain, Mapping)):
        return f"[{'.'.join((*place, name))}]" + ("" if place else ', or begin the file with extends = "common"')
    if isinstance(declared, Fact):
        entry = f'{name} = {{ value = …, range = [low, high], mark = "A", source = "own" }}'
        return f"{entry} ({declared.unit}: {declared.meaning or 'share'})"
    if form.plain is datetime.date:
        return f"{name} = 2019-03-04"
    unit = f"{declared.unit}: " if declared else ""
    return f"{name} = …" + (f" ({unit}{form.meaning})" if form.meaning else "")


def allowed(declared: Declared, *, whole: bool) -> str:
    """Return the limits in words."""
    kind = "a whole number" if whole else "a number"
    if not math.isfinite(declared.high - declared.low):
        return kind
    return f"{kind} from {show(declared.low)} to {show(declared.high)}"


ANY = Declared("number", -math.inf, math.inf, "")
"""What a number is that no field declares."""


def likely(hint: Any, value: Any) -> float | None:
    """Return the number that was probably meant and that the field admits, None when there is no telling.

    A text gives the number it begins with; 2 to 100 in a field of shares is taken for per cent.
    """
    form = shape(hint)
    declared = form.declared or ANY
    whole = form.plain is int
    per_cent = False
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        found = QUANTITY.fullmatch(value)
        if not found:
            return None
        per_cent = (found["unit"] or "").startswith("%")
        digits = re.sub(r"[ \u00a0\u202f']", "", found["number"])
        thousands = whole and re.search(r",\d{3}$", digits)
        number = float(digits.replace(",", "" if thousands else "."))
    elif isinstance(value, numbers.Real) and not isinstance(value, bool):
        number = float(value)
    else:
        return None
    if not math.isfinite(number):
        return None
    if declared.low >= 0 and declared.high <= 1 and (per_cent or 2 <= number <= 100):
        number /= 100
    number = round(number) if whole else number
    return number if declared.low <= number <= declared.high else None


def admit(hint: Any, value: Any, name: str) -> Any:
    """Return the value in the field's own type. Raises `RefusedError`: what is wrong and what to write."""
    form = shape(hint)
    if form.plain in (int, float):
        return _number(hint, value, name)
    if form.plain is bool:
        if not isinstance(value, bool):
            raise RefusedError(f"{show(value)} is neither true nor false", f"{name} = true or {name} = false")
        return value
    if form.plain is str:
        if not isinstance(value, str):
            raise RefusedError(f"{show(value)} is not a text", f"{name} = {show(str(value))}")
        return value
    if form.plain is Literal:
        if value not in form.arguments:
            close = maybe(str(value), form.arguments)
            raise RefusedError(
                f"{show(value)} is not one of the possible values{close}",
                one_of(show(word) for word in form.arguments),
            )
        return value
    if form.plain is datetime.date:
        return _date(value, name)
    if form.plain is tuple:
        return _row(form, value, name)
    raise RefusedError(f"'{name}' is a section. Set one of its entries")


def _number(hint: Any, value: Any, name: str) -> int | float:
    form = shape(hint)
    whole = form.plain is int
    declared = form.declared or ANY
    limits = allowed(declared, whole=whole)
    meant = likely(hint, value)

    def refused(what: str, otherwise: str = limits) -> RefusedError:
        mend = otherwise if meant is None else written(name, form.declared, meant)
        return RefusedError(what, mend, meant, limits)

    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        what = {bool: "true or false", str: "text", list: "a list", dict: "a table"}.get(
            type(value), "something else"
        )
        raise refused(f"{show(value)} is {what}, not a number")
    number = float(value)
    if not math.isfinite(number):
        raise refused(f"{number} is not a number that can be used")
    for limit, side, beyond in (
        (declared.low, "below", number < declared.low),
        (declared.high, "above", number > declared.high),
    ):
        if beyond:
            ask = "" if meant is None or whole else "; is this per cent?"
            raise refused(
                f"{show(value)} is {side} the limit {show(limit)} ({declared.unit}){ask}",
                f"{limits}, e.g. {written(name, form.declared, limit)}",
            )
    if whole and not number.is_integer():
        raise refused(f"{show(number)} is not a whole number")
    return int(number) if whole else number


def _date(value: Any, name: str) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    mend = f"year-month-day without quotation marks or time, e.g. {name} = 2019-03-04"
    raise RefusedError(f"{show(value)} is not a date", mend)


def _row(form: Shape, value: Any, name: str) -> tuple[Any, ...]:
    inner = form.arguments[0] if form.arguments else str
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise RefusedError(f"{show(value)} is not a list", f"{name} = [{show(value)}]")
    hint = Annotated[inner, form.declared] if form.declared else inner
    row = []
    for place, item in enumerate(value, 1):
        try:
            row.append(admit(hint, item, name))
        except RefusedError as error:
            raise RefusedError(f"item {place}: {error.what}", error.limits or error.mend) from None
    return tuple(row)
