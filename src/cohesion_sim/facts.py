"""A number of the world as files write it: value, range, unit, mark, source and note, each looked at."""


from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cohesion_sim.fields import RefusedError, Shape, admit, shape, show, written
from cohesion_sim.parameters import MARKS, nearest

KEYS = ("value", "range", "unit", "mark", "source", "note")
UNSOURCED = ("A", "M-h", "M-m", "M-l", "user")  # marks that may say source = "own"

Complain = Callable[[str, str], None]
"""Takes the key inside the fact ("" for the fact itself) and the words."""


def read_fact(
    hint: Any, raw: object, name: str, sources: Mapping[str, str], wrong: Complain
) -> tuple[Any, dict[str, Any]]:
    """Return the value of a fact (None when it cannot be read) and its range, mark, source and note."""
    form = shape(hint)
    if not isinstance(raw, Mapping):
        mend = f'{name} = {{ value = {show(raw)}, range = [low, high], mark = "A", source = "own" }}'
        wrong("", f"{show(raw)} stands alone, but a fact says where it comes from. Write {mend}")
        return None, {}
    for key in raw:
        if key not in KEYS:
            wrong(key, f"unknown name '{key}'{nearest(key, KEYS)}. Correct or remove it")
    value = None
    if "value" in raw:
        try:
            value = admit(hint, raw["value"], name)
        except RefusedError as refused:
            wrong("value", str(refused))
    else:
        wrong("", f"the value is missing. Write {name} = {{ value = …, … }}")
    reach = _range(form, raw, value, name, wrong)
    _origin(raw, sources, wrong)
    unit = form.declared.unit if form.declared else ""
    if raw.get("unit", unit) != unit:
        wrong("unit", f"{show(raw['unit'])} is not the unit. Write unit = {show(unit)}, or leave it out")
    if not isinstance(raw.get("note", ""), str):
        wrong("note", f'{show(raw["note"])} is not a text. Write note = "…"')
    origin = {key: raw.get(key) for key in ("mark", "source")}
    return value, {**origin, "range": reach, "note": str(raw.get("note", ""))}


def _range(
    form: Shape, raw: Mapping[str, Any], value: Any, name: str, wrong: Complain
) -> tuple[float, float] | None:
    """Return the range that the evidence allows; a fact of several numbers has none."""
    if "range" not in raw:
        if form.plain is not tuple:
            entry = written(name, form.declared, raw.get("value", 0))
            wrong("", f"the range is missing. Write {entry.replace('…', 'range = [low, high], …')}")
        return None
    given = raw["range"]
    if not isinstance(given, list) or len(given) != 2:
        wrong("range", f"{show(given)} is not a range. Write range = [low, high]")
        return None
    try:
        low, high = (float(admit(float, end, "range")) for end in given)
    except RefusedError as refused:
        wrong(
            "range",
            f"{str(refused).split('. Write', maxsplit=1)[0]}. Write range = [low, high] with two numbers",
        )
        return None
    limits = (form.declared.low, form.declared.high) if form.declared else (low, high)
    if low > high:
        wrong("range", f"the range runs backwards. Write range = [{show(high)}, {show(low)}]")
    elif low < limits[0] or high > limits[1]:
        words = f"{show(given)} goes beyond the limits {show(limits[0])} to {show(limits[1])}"
        wrong("range", f"{words}. Write range = [{show(max(low, limits[0]))}, {show(min(high, limits[1]))}]")
    elif isinstance(value, int | float) and not low <= value <= high:
        words = f"the range {show(given)} does not contain the value {show(value)}"
        wider = f"[{show(min(low, value))}, {show(max(high, value))}]"
        wrong("range", f"{words}. Write range = {wider}, or change the value")
    return low, high


def _origin(raw: Mapping[str, Any], sources: Mapping[str, str], wrong: Complain) -> None:
    """Look at mark and source."""
    mark, source = raw.get("mark"), raw.get("source")
    marks = "; ".join(f"{key}: {words}" for key, words in MARKS.items())
    if mark is None:
        wrong("", f'the mark is missing. Write mark = "A" ({marks})')
    elif not isinstance(mark, str) or mark not in MARKS:
        wrong("mark", f"unknown mark {show(mark)}. Write one of {marks}")
    if source is None:
        wrong(
            "",
            'the source is missing. Write source = "C71" (a key of sources.toml), or "own" for an assumption',
        )
        return
    if not isinstance(source, str) or not source.strip():
        wrong("source", f'{show(source)} is not a source key. Write source = "C71" or "C71, A3"')
        return
    for key in (part.strip() for part in source.split(",")):
        if key == "own" and isinstance(mark, str) and mark in MARKS and mark not in UNSOURCED:
            wrong(
                "source", f'mark "{mark}" needs a source that others can read. Write its key, or mark = "A"'
            )
        elif key != "own" and key not in sources:
            close = nearest(key, sources)
            close = close if "did you mean" in close else ""
            wrong(
                "source",
                f"unknown source '{key}'{close}. Write a key of sources.toml, or add it below [sources]",
            )
