"""A number of the world as files write it: value, range, unit, mark, source and note, each looked at."""


from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from cohesion_sim.fields import RefusedError, admit, closest, likely, sentence, shape, show
from cohesion_sim.parameters import MARKS, nearest

KEYS = ("value", "range", "unit", "mark", "source", "note")
UNSOURCED = ("A", "M-h", "M-m", "M-l", "user")  # marks that may say source = "own"

LEGEND = f" ({'; '.join(f'{key}: {words}' for key, words in MARKS.items())})"
"""What the marks mean; the messages of a file say it once."""

Complain = Callable[[str, str], None]
"""Takes the key inside the fact ("" for the fact itself) and the words."""


def read_fact(
    hint: Any, raw: object, name: str, sources: Mapping[str, str], wrong: Complain
) -> tuple[Any, dict[str, Any]]:
    """Return the value of a fact (None when it cannot be read) and its range, mark, source and note."""
    form = shape(hint)
    if not isinstance(raw, Mapping):
        meant = raw if form.plain is tuple else likely(hint, raw)
        shown = "…" if meant is None else show(meant)
        mend = f'{name} = {{ value = {shown}, range = [low, high], mark = "A", source = "own" }}'
        wrong("", f"{show(raw)} stands alone, but a fact says where it comes from. Write {mend}")
        return None, {}
    misspelt = {key: closest(key, KEYS) for key in raw if key not in KEYS}
    for key in misspelt:
        wrong(key, f"unknown name '{key}'{nearest(key, KEYS)}. Correct or remove it")
    lacks = [key for key in KEYS if key not in raw and key not in misspelt.values()]
    value = None
    if "value" in raw:
        try:
            value = admit(hint, raw["value"], name)
        except RefusedError as refused:
            wrong("value", str(refused))
    elif "value" in lacks:
        wrong("", f"the value is missing. Write {name} = {{ value = …, … }}")
    if "range" in lacks and form.plain is not tuple:
        shown = "…" if value is None else show(value)
        wrong("", f"the range is missing. Write {name} = {{ value = {shown}, range = [low, high], … }}")
    reach = _range(hint, raw["range"], value, wrong) if "range" in raw else None
    _origin(raw, lacks, sources, wrong)
    unit = form.declared.unit if form.declared else ""
    if raw.get("unit", unit) != unit:
        wrong("unit", f"{show(raw['unit'])} is not the unit. Write unit = {show(unit)}, or leave it out")
    if not isinstance(raw.get("note", ""), str):
        wrong("note", f'{show(raw["note"])} is not a text. Write note = "…"')
    origin = {key: raw.get(key) for key in ("mark", "source")}
    return value, {**origin, "range": reach, "note": str(raw.get("note", ""))}


def _range(hint: Any, given: Any, value: Any, wrong: Complain) -> tuple[float, float] | None:
    """Return the range that the evidence allows."""
    if not isinstance(given, list) or len(given) != 2:
        wrong("range", f"{show(given)} is not a range. Write range = [low, high]")
        return None
    try:
        low, high = (float(admit(float, end, "range")) for end in given)
    except RefusedError as refused:
        wrong("range", f"{sentence(refused.what)} Write range = [low, high] with two numbers")
        return None
    declared = shape(hint).declared
    limits = (declared.low, declared.high) if declared else (low, high)
    known = [value] if isinstance(value, int | float) else []
    # What to write instead: within the limits, around the value, the right way round.
    ends = [_admitted(hint, end) for end in (low, high)]
    meant = show([min(ends + known), max(ends + known)])
    if low > high:
        wrong("range", f"the range runs backwards. Write range = {meant}")
    elif low < limits[0] or high > limits[1]:
        words = f"{show(given)} goes beyond the limits {show(limits[0])} to {show(limits[1])}"
        guess = "; is this per cent?" if min(max(high, limits[0]), limits[1]) != ends[1] else ""
        wrong("range", f"{sentence(words + guess)} Write range = {meant}")
    elif known and not low <= value <= high:
        words = f"the range {show(given)} does not contain the value {show(value)}"
        wrong("range", f"{words}. Write range = {meant}, or change the value")
    return low, high


def _admitted(hint: Any, number: float) -> float:
    """Return the number that was probably meant, or else the closest that the field admits."""
    declared, meant = shape(hint).declared, likely(hint, number)
    if meant is not None or declared is None:
        return number if meant is None else meant
    return min(max(number, declared.low), declared.high)


def _origin(raw: Mapping[str, Any], lacks: list[str], sources: Mapping[str, str], wrong: Complain) -> None:
    """Look at mark and source."""
    mark, source = raw.get("mark"), raw.get("source")
    if "mark" in lacks:
        wrong("", f'the mark is missing. Write mark = "A"{LEGEND}')
    elif "mark" in raw and (not isinstance(mark, str) or mark not in MARKS):
        wrong("mark", f"unknown mark {show(mark)}. Write one of {', '.join(MARKS)}{LEGEND}")
    if "source" in lacks:
        words = 'Write source = "C71" (a key of sources.toml), or "own" for an assumption'
        wrong("", f"the source is missing. {words}")
    if "source" not in raw:
        return
    if not isinstance(source, str) or not source.strip():
        wrong("source", f'{show(source)} is not a source key. Write source = "C71" or "C71, A3"')
        return
    for key in (part.strip() for part in source.split(",")):
        if key == "own" and isinstance(mark, str) and mark in MARKS and mark not in UNSOURCED:
            words = "needs a source that others can read. Write its key, or mark = "
            wrong("source", f'mark "{mark}" {words}"A"')
        elif key != "own" and key not in sources:
            mend = "Write a key of sources.toml, or add it below [sources]"
            wrong("source", f"unknown source '{key}'{_near(key, sources)}. {mend}")


def _near(key: str, sources: Mapping[str, str]) -> str:
    """Return the source key that was probably meant; keys are so short that one letter is half of one."""
    known = ["own", *sources]
    close = (
        [each for each in known if each.lower() == key.lower()]
        or difflib.get_close_matches(key, known, n=1, cutoff=0.75)
        or difflib.get_close_matches(key.upper(), known, n=3, cutoff=0.5)
    )
    return f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
