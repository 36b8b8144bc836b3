"""What a number means: unit, limits and meaning, declared beside the field it describes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MARKS = {
    "F": "found in the source",
    "D": "derived by arithmetic from found figures",
    "M-h": "from memory, high confidence",
    "M-m": "from memory, medium confidence",
    "M-l": "from memory, low confidence",
    "A": "assumption",
    "user": "set by the user",
}
"""How a number is known. Everything but F and D is shown to the user as uncertain."""


MOST_WEEKS = 520
"""Longest run; nobody is born or dies in it, so beyond five years it says little."""
MOST_SEED = 2**63 - 1


class InputError(ValueError):
    """One or several mistakes in what a user gave; each line names file, line, place and mend."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class StoppedError(InputError):
    """What was asked cannot go on, as when the disk is full or the cluster has gone; what is done is kept."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Unit, admissible limits and meaning of a number; the limits are what the code admits."""

    unit: str
    low: float
    high: float
    meaning: str


class Fact(Declared):
    """A number the world decides: in files it carries value, range, mark and source."""


class Choice(Declared):
    """A number people decide when they plan a programme: in files it is a plain number."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a number comes from: value, evidence range, mark, source key, note, and place in the file."""

    value: float
    unit: str
    meaning: str
    kind: str
    range: tuple[float, float] | None = None
    mark: str | None = None
    source: str | None = None
    note: str = ""
    file: str = ""
    line: int = 0


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ' (did you mean …?)' with the closest known name, or the list of known names when none is close."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (allowed: {', '.join(names)})" if names else ""


def whole(name: str, value: object, low: int, high: int) -> int:
    """Return a whole number between the limits.

    Raises
    ------
    InputError
        If it is no whole number or beyond them.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value.__index__() <= high:
        raise InputError(f"{name}: {value!r} is not allowed. Write a whole number from {low} to {high}")
    number: int = value.__index__()
    return number
