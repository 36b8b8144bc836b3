"""Numbers set from outside a file: ``--set people.size=8000``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from cohesion_sim.fields import show
from cohesion_sim.parameters import InputError


def parse_sets(texts: Iterable[str]) -> dict[str, object]:
    """Return path and value of texts such as ``people.size=8000``.

    Raises `InputError` where name or value lacks, or where a name is given twice.
    """
    out: dict[str, object] = {}
    mistakes: list[str] = []
    for text in texts:
        path, _, value = (part.strip() for part in text.partition("="))
        lacking = "name" if not path else "value" if not value else ""
        if lacking:
            mend = "Write a place and a value, e.g. --set people.size=8000"
            mistakes.append(f"--set {text}: the {lacking} is missing. {mend}")
        elif path in out:
            mistakes.append(f"--set {text}: {path} is set twice, first to {plain(out[path])}. Keep one of the two")
        elif re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", value):
            mend = f"Write --set {path}={value.replace(',', '')}"
            mistakes.append(f"--set {text}: a number is written without commas. {mend}")
        else:
            try:
                out[path] = tomllib.loads(f"value = {value}")["value"]
            except ValueError:
                out[path] = value
    if mistakes:
        raise InputError(*mistakes)
    return out


def plain(value: object) -> str:
    """Return a value as it is written behind ``--set NAME=``."""
    return value if isinstance(value, str) else show(value)
