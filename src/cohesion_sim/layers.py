"""Several scenario files as one: what a file says wins over what it extends; every entry keeps its line."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohesion_sim.parameters import InputError
from cohesion_sim.toml_lines import Document

Place = tuple[str, ...]
CATALOGUE = ("portfolio", "catalogue")
"""Where a portfolio file lists what can be bought."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file, the name by which messages call it, and what it holds."""

    path: Path
    called: str
    document: Document

    @property
    def folder(self) -> Path:
        """The folder it lies in, as it was asked for, whatever links stand for."""
        return absolute(self.path).parent


def absolute(path: Path) -> Path:
    """Return a path from the root on; links in it stay links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 – resolve() would follow them


KINDS = {
    "people": ("a scenario", "run"),
    "programmes": ("a scenario", "run"),
    "portfolio": ("a portfolio", "portfolio"),
    "fit": ("a calibration", "calibrate"),
    "country": ("a country", "country"),
    "question": ("an experiment", "study run"),
}
"""By an entry that only files of one kind have: what such a file is, and the verb for it."""


def of_another_kind(file: SourceFile, known: Container[str]) -> None:
    """Refuse a file that was meant for another verb, whose entries would all be unknown.

    Raises
    ------
    InputError
        With the verb for it, when it has an entry of another kind, and ``known`` does not have that.
    """
    for entry, (what, verb) in KINDS.items():
        if entry in file.document.data and entry not in known:
            raise InputError(f"{file.called}: this is {what}. Write cohesion-sim {verb} {file.called}")


def is_fact(raw: object) -> bool:
    """Return whether a table is a number with its origin rather than a section."""
    return isinstance(raw, Mapping) and "value" in raw


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two tables as one: what ``above`` says wins, tables merge, facts are replaced whole."""
    out = dict(below)
    for key, value in above.items():
        old = out.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping) and not (is_fact(value) or is_fact(old)):
            out[key] = merged(old, value)
        else:
            out[key] = value
    return out


def stacked(files: list[SourceFile]) -> tuple[dict[str, Any], dict[Place, tuple[int, int]]]:
    """Return the tables of all files as one, and number of the file and line of every entry."""
    data: dict[str, Any] = {}
    where: dict[Place, tuple[int, int]] = {}
    for number, file in enumerate(files):
        data = merged(data, file.document.data)
        where.update({place: (number, line) for place, line in file.document.lines.items()})
    return data, where


def actors(data: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield place and table of every intervention and shock that looks like one."""
    programmes = data.get("programmes")
    groups: list[Place] = [("shocks",), CATALOGUE]
    groups += (
        [("programmes", name, "interventions") for name in programmes] if isinstance(programmes, dict) else []
    )
    for place in groups:
        group: Any = data
        for part in place:
            group = group.get(part) if isinstance(group, dict) else None
        for label, actor in group.items() if isinstance(group, dict) else ():
            if isinstance(actor, dict):
                yield (*place, label), actor


def fill(data: dict[str, Any], where: dict[Place, tuple[int, int]]) -> None:
    """Put the entries of [kinds.KIND] under every intervention and shock of that kind that lacks them."""
    defaults = data.get("kinds")
    if not isinstance(defaults, dict):
        return
    origins: dict[Place, list[Place]] = {}
    for origin in where:
        if origin[0] == "kinds" and len(origin) > 2:
            origins.setdefault(origin[1:3], []).append(origin)
    for place, actor in actors(data):
        kind = actor.get("kind")
        table = defaults.get(kind) if isinstance(kind, str) else None
        if not isinstance(table, dict):
            continue
        for key, value in table.items():
            if key not in actor:
                actor[key] = value
                for origin in origins.get((str(kind), key), ()):
                    where.setdefault((*place, *origin[2:]), where[origin])
