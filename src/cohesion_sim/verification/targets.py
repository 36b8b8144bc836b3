"""What must come out: the targets of each case, read from ``experiments/verification``, one file a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohesion_sim.files import shipped
from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.toml_lines import Document, TomlError, read_toml

HEAD = {"title": str, "claim": str, "source": str, "target": list}
ROW = {"name": str, "text": str, "low": float, "high": float, "quick": bool, "reason": str}
WORDS = {str: 'a text, e.g. "…"', float: "a number", bool: "true or false", list: "sections [[target]]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A number that must lie between ``low`` and ``high``; with a ``reason`` it is not applicable to this engine."""

    name: str
    text: str
    low: float | None = None
    high: float | None = None
    quick: bool = False
    reason: str = ""
    line: int = 1

    def verdict(self, got: float) -> str:
        """Return ``pass`` or ``miss`` for a measured number; what is no number is a miss."""
        above = self.low is None or got >= self.low
        below = self.high is None or got <= self.high
        return "pass" if above and below and got == got else "miss"  # noqa: PLR0124 - nan is unlike itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A limiting case: what it claims, where that was published, its targets and the module that measures it."""

    name: str
    title: str
    claim: str
    source: str
    targets: tuple[Target, ...]
    module: str
    file: str


def cases(folder: str | Path | None = None) -> dict[str, Case]:
    """Return the cases by name, in order: those whose targets stand in a folder, else the built-in ones.

    Raises
    ------
    InputError
        With every mistake of all files: file, line, what is wrong, what to write.
    """
    place = shipped("experiments") / "verification" if folder is None else Path(folder)
    files = sorted(place.glob("*.toml"), key=lambda file: (len(file.stem), file.stem))
    if not files:
        raise InputError(f"{place}: no files of targets here. Name a folder with files such as v1.toml")
    modules = {path.stem.partition("_")[0]: path.stem for path in Path(__file__).parent.glob("v*_*.py")}
    sources = read_toml((shipped("scenarios") / "sources.toml").read_text("utf-8")).data
    mistakes: list[str] = []
    found = {}
    for file in files:
        called = f"experiments/verification/{file.name}" if folder is None else str(file)
        if file.stem not in modules:
            mistakes.append(f"{called}: no case '{file.stem}'{nearest(file.stem, modules)}. Rename the file")
            continue
        try:
            document = read_toml(file.read_text("utf-8"))
        except TomlError as mistake:
            mistakes.append(f"{called}:{mistake.line}:{mistake.column}: {mistake.words}")
            continue
        except UnicodeDecodeError:
            mistakes.append(f"{called}: the file is not UTF-8. Save it as UTF-8 in your editor")
            continue
        wrong = _mistakes(document, called, sources)
        mistakes += wrong
        if not wrong:
            found[file.stem] = _case(document, file.stem, modules[file.stem], called)
    if mistakes:
        raise InputError(*mistakes)
    return found


def _case(document: Document, name: str, module: str, called: str) -> Case:
    """Return the case of a document without mistakes."""
    data = document.data
    rows = tuple(
        Target(**row, line=document.lines.get(("target", str(k)), 1)) for k, row in enumerate(data["target"])
    )
    head = {key: data[key] for key in ("title", "claim", "source")}
    return Case(name=name, module=module, file=called, targets=rows, **head)


def _mistakes(document: Document, called: str, sources: Mapping[str, object]) -> list[str]:
    """Return everything that is wrong with a file of targets, each with its place and what to write."""
    data = document.data
    found = _untyped(data, HEAD, ("title", "claim", "source", "target"), document, called, ())
    for key in data["source"].split(",") if isinstance(data.get("source"), str) else ():
        if key.strip() not in sources:
            where = f"{called}:{document.lines.get(('source',), 1)}"
            close = nearest(key.strip(), sources)
            hint = close if "did you mean" in close else ""
            found.append(f"{where}: source: unknown key '{key.strip()}'{hint}. Write a key of sources.toml")
    rows = data.get("target")
    names: dict[object, int] = {}
    for k, row in enumerate(rows if isinstance(rows, list) else ()):
        path = ("target", str(k))
        line = document.lines.get(path, 1)
        if not isinstance(row, dict):
            found.append(f"{called}:{line}: target: write {WORDS[list]}")
            continue
        found += _untyped(row, ROW, ("name", "text"), document, called, path)
        found += [f"{called}:{line}: target '{row.get('name', '')}': {words}" for words in _unfit(row)]
        if row.get("name") in names:
            found.append(f"{called}:{line}: target '{row['name']}' is there twice, first on line {names[row['name']]}")
        names.setdefault(row.get("name"), line)
    return found


def _untyped(
    table: Mapping[str, Any],
    allowed: Mapping[str, type],
    needed: tuple[str, ...],
    document: Document,
    called: str,
    path: tuple[str, ...],
) -> list[str]:
    """Return which names lack, are unknown, or hold something else than they should."""
    top = f"{called}:{document.lines.get(path, 1)}"
    found = [f"{top}: {name}: is missing. Write {WORDS[allowed[name]]}" for name in needed if name not in table]
    for name, value in table.items():
        where = f"{called}:{document.lines.get((*path, name), 1)}"
        if name not in allowed:
            found.append(f"{where}: unknown name '{name}'{nearest(name, allowed)}. Remove or rename it")
            continue
        kind = allowed[name]
        fits = isinstance(value, (int, float)) if kind is float else isinstance(value, kind)
        if not fits or (kind is float and isinstance(value, bool)):
            found.append(f"{where}: {name}: {value!r} does not fit. Write {WORDS[kind]}")
    return found


def _unfit(row: Mapping[str, Any]) -> list[str]:
    """Return why what a target says does not fit together."""
    ends = [row[end] for end in ("low", "high") if isinstance(row.get(end), (int, float))]
    if "reason" in row:
        told = [name for name in ("low", "high", "quick") if name in row]
        return [f"has a reason why it is not measured, and {told[0]} too. Keep one of the two"] if told else []
    out = []
    if not ends:
        out.append("neither low nor high. Write one, or a reason why this engine cannot show it")
    if "quick" not in row:
        out.append("quick is missing. Write true if the quick run measures it, else false")
    if len(ends) == 2 and ends[0] > ends[1]:
        out.append(f"low ({ends[0]:g}) is above high ({ends[1]:g}). Exchange them")
    return out
