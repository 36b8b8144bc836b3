"""What numbers there are: declared for every scenario, given in one, held by each kind; as rows and text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from cohesion_sim.fields import field_at, hints, required, shape, show
from cohesion_sim.kinds import kinds
from cohesion_sim.parameters import Choice, Fact, InputError
from cohesion_sim.reading import LABEL, LOADED
from cohesion_sim.scenario import Scenario

Row = dict[str, str]

GIVEN = ("name", "value", "unit", "range", "mark", "source", "note", "meaning")
DECLARED = ("name", "what", "unit", "limits", "meaning")
HELD = ("kind", "field", "what", "unit", "limits", "meaning")


def given(scenario: Scenario) -> list[Row]:
    """Return every number of a scenario: value, unit, range, mark, source, note, meaning, place, limits."""
    rows = []
    for path, origin in sorted(scenario.provenance.items()):
        reach = "" if origin.range is None else f"{show(origin.range[0])} to {show(origin.range[1])}"
        keys = [key.strip() for key in (origin.source or "").split(",")]
        row = {
            "name": path,
            "value": show(origin.value),
            "unit": origin.unit,
            "range": reach,
            "mark": origin.mark or ("choice" if origin.kind == "choice" else ""),
            "source": origin.source or "",
            "note": origin.note,
            "meaning": origin.meaning,
            "low": "" if origin.range is None else show(origin.range[0]),
            "high": "" if origin.range is None else show(origin.range[1]),
            "limits": _admitted(scenario, path),
            "source_text": "; ".join(scenario.sources[key] for key in keys if key in scenario.sources),
            "file": origin.file,
            "line": str(origin.line or ""),
        }
        rows.append(row)
    return rows


def _admitted(scenario: Scenario, path: str) -> str:
    """Return the limits of the number at a path."""
    return limits(field_at(scenario, Scenario, path.split("."))[1])["limits"]


def declared() -> list[Row]:
    """Return every number a scenario may hold: what it is, unit, limits, meaning; NAME stands for a label."""
    return list(_below(Scenario, ""))


def _below(cls: type, above: str) -> Iterator[Row]:
    for name, hint in hints(cls).items():
        if cls is Scenario and name in (*LOADED, "shocks", "programmes"):
            continue
        yield from _entry(hint, f"{above}{name}")


def _entry(hint: Any, path: str) -> Iterator[Row]:
    form = shape(hint)
    if form.is_section:
        yield from _below(form.plain, f"{path}.")
    elif isinstance(form.plain, type) and issubclass(form.plain, Mapping):
        if shape(form.arguments[1]).plain is not str:
            yield from _entry(form.arguments[1], f"{path}.NAME")
    elif form.declared is not None:
        yield {"name": path, **limits(hint)}


def limits(hint: Any) -> Row:
    """Return what a field is, its unit, what it admits and what it means."""
    form = shape(hint)
    low_to_high = f"{show(form.declared.low)} to {show(form.declared.high)}" if form.declared else ""
    words = {bool: "true or false", str: "text", tuple: "list"}
    limits = (
        ", ".join(map(str, form.arguments)) if form.plain is Literal else words.get(form.plain, low_to_high)
    )
    what = (
        "fact"
        if isinstance(form.declared, Fact)
        else "choice"
        if isinstance(form.declared, Choice)
        else "choice (word)"
    )
    return {
        "what": what,
        "unit": form.declared.unit if form.declared else "",
        "limits": low_to_high if form.declared else limits,
        "meaning": form.meaning,
    }


def held(*folders: Path) -> list[Row]:
    """Return every field of every kind, the built-in ones and those in folders beside scenarios."""
    rows = []
    for room in kinds(*folders).values():
        for kind, cls in room.items():
            needed = required(cls)
            for field, hint in hints(cls).items():
                row = {"kind": kind, "field": field, **limits(hint)}
                if field not in needed:
                    row["meaning"] = f"{row['meaning']} (may be left out)".strip()
                rows.append(row)
    return rows


def as_text(rows: Sequence[Row], columns: Sequence[str], form: str) -> str:
    """Return rows as an aligned table, as Markdown, or as CSV, which has room for all that the rows hold."""
    if form == "csv":
        out = io.StringIO()
        every = dict.fromkeys([*columns, *(key for row in rows for key in row)])
        writer = csv.DictWriter(out, list(every), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().rstrip("\n")
    if form == "markdown":
        cells = [[row[c].replace("|", "\\|") for c in columns] for row in rows]
        table = ["| " + " | ".join(line) + " |" for line in (columns, *cells)]
        return "\n".join([table[0], "|" + "---|" * len(columns), *table[1:]])
    lines = [{c: c for c in columns}, *rows]
    widths = {c: max(len(line[c]) for line in lines) for c in columns}
    return "\n".join("  ".join(line[c].ljust(widths[c]) for c in columns).rstrip() for line in lines)


def write_starter(name: str, built_in: Sequence[str]) -> Path:
    """Return the path of a new scenario file to start from; never overwrites. Raises `InputError`."""
    path = Path(name)
    path = path if path.suffix == ".toml" else path.with_name(path.name + ".toml")
    if not LABEL.fullmatch(path.stem):
        raise InputError(
            f"{path}: '{path.stem}' is no good name. Write letters a-z, digits, _ and -, a letter first"
        )
    if path.stem in (*built_in, "common", "sources", "high_tension"):
        raise InputError(f"{path}: '{path.stem}' is built in. Write another name")
    text = (Path(__file__).parent / "starter.toml").read_text(encoding="utf-8").replace("NAME", path.stem)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{path}: this file exists. Write another name") from None
    except OSError as error:
        if isinstance(error, PermissionError):
            mend = f"You may not write into the folder {path.resolve().parent}. Give a path into one of your own"
        elif not path.parent.is_dir():
            mend = "Write a name in a folder that exists"
        else:
            mend = "Write to another folder"
        raise InputError(f"{path}: cannot be written ({error.strerror}). {mend}") from None
    return path
