"""Tables of the documentation, written from the code and the scenario files: ``python docs/generate.py``.

A page holds ``<!-- parameters: contact -->`` … ``<!-- end of parameters -->``; what stands between is written
here. With ``--check`` nothing is written: the exit code is 1 and the pages out of step are named.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))  # the code beside this file, whatever is installed

from cohesion_sim import activities, builtin_scenarios, catalogue, load_scenario  # noqa: E402
from cohesion_sim.fields import hints, shape, show  # noqa: E402
from cohesion_sim.parameters import MARKS  # noqa: E402
from cohesion_sim.scenario import Scenario  # noqa: E402

Row = dict[str, str]
BLOCK = re.compile(r"(?s)<!-- (\w+)(?:: ([\w.]+))? -->\n.*?<!-- end of \1 -->")
KNOWN = tuple(mark for mark in MARKS if mark != "user")
SPELT_OUT = 12
"""Names of numbers listed one by one; more are counted by their section."""


@functools.cache
def read(name: str) -> dict[str, Any]:
    """Return what a file of ``scenarios/`` says."""
    return tomllib.loads((ROOT / "scenarios" / f"{name}.toml").read_text("utf-8"))


@functools.cache
def scenarios() -> dict[str, Scenario]:
    """Return all built-in scenarios by name."""
    return {name: load_scenario(name) for name in builtin_scenarios()}


def facts(node: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield place and entries of every number with a mark, in the order of the file."""
    for name, inner in node.items():
        if isinstance(inner, dict):
            if "value" in inner and "mark" in inner:
                yield (*above, name), inner
            else:
                yield from facts(inner, (*above, name))


def given(path: tuple[str, ...]) -> Row:
    """Return value, range, mark, source and note of a number as common.toml gives it, empty where it does not."""
    node: Any = read("common")
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    entry = node if isinstance(node, dict) else {} if node is None else {"value": node}
    reach = entry.get("range")
    return {
        "value": show(entry["value"]) if "value" in entry else "",
        "range": f"{show(reach[0])} to {show(reach[1])}" if reach else "",
        **{column: entry.get(column, "") for column in ("mark", "source", "note")},
    }


# ------------------------------------------------------------------------------- parameters, kinds, channels


def elsewhere(name: str, common: str) -> str:
    """Return the values that built-in scenarios give a number otherwise, each with their names."""
    values: dict[str, list[str]] = {}
    for called, scenario in scenarios().items():
        origin = scenario.provenance.get(name)
        if origin is not None and show(origin.value) != common:
            values.setdefault(show(origin.value), []).append(called)
    # A tense variant is named only where it differs from its own place.
    places = {v: [n for n in names if n.removesuffix("_high_tension") not in names or "_" not in n]
              for v, names in values.items()}  # fmt: skip
    return "; ".join(f"{value} in {', '.join(names)}" for value, names in places.items())


def parameters(section: str) -> str:
    """Return the table of a section's numbers: declaration, common value, and where scenarios say otherwise."""
    rows = []
    for declaration in catalogue.declared():
        name = declaration["name"]
        if name.startswith(f"{section}."):
            found = given(tuple(name.split(".")))
            many = "NAME" in name or found["value"].startswith("[")  # no single value to compare
            row = {**declaration, **found, "otherwise": "" if many else elsewhere(name, found["value"])}
            rows.append({**row, "name": f"`{name}`", "value": found["value"] or "by scenario"})
    columns = ["name", "value", "unit", "range", "limits", "mark", "source", "meaning", "note", "otherwise"]
    return table(rows, columns)


def trial(section: str) -> str:
    """Return the table of a section of trial files: every field, with what it is when it is left out."""
    cls: Any = Scenario
    for part in section.split("."):
        form = shape(hints(cls)[part]) if part != "NAME" else None
        if form is not None:
            cls = form.plain if form.is_section else shape(form.arguments[1]).plain
    rows = []
    for field in dataclasses.fields(cls):
        hint = hints(cls)[field.name]
        form = shape(hint)
        if form.is_section or (isinstance(form.plain, type) and issubclass(form.plain, Mapping)):
            continue
        words = catalogue.limits(hint)
        rows.append({
            "name": f"`{section}.{field.name}`", "unless given": left_out(field, section), "unit": words["unit"],
            "limits": limits_of(words["limits"]), "meaning": words["meaning"] or MEANT.get(field.name, ""),
        })  # fmt: skip
    return table(rows, ["name", "unless given", "unit", "limits", "meaning"])


MEANT = {
    "values": "of a list: one a place, from the first again when there are too few",
    "programmes": "all of them together; none: nothing (only in the control)",
    "roles": "only people of these roles; none: of all",
    "communities": "only people of these communities; none: of all",
    "measure": "what is asked of people, or a count of the place",
    "sample": "who is asked; the first sample when left out",
    "outcome": "which outcome",
    "arm": "which arm; may be left out when there is one beside the control",
    "divided_by": "another expected row: what is held against the band is the quotient",
    "minus": "another expected row: what is held against the band is the difference",
    "low": "lower end of what is expected",
    "high": "upper end of what is expected",
    "text": "what was published, in words",
    "source": "key of the source",
    "places": "numbers of places to look at",
    "people": "numbers of people asked in each place",
    "baseline": "with, without: whether people are asked before",
}
"""Meanings of fields that are not numbers, or whose section says it."""


def left_out(field: dataclasses.Field[Any], section: str) -> str:
    """Return what a field is when it is not given."""
    if field.default is dataclasses.MISSING:
        return "" if field.default_factory is dataclasses.MISSING else "none"
    value = field.default
    if value is None and section == "trial.samples.NAME":
        return "as in [measurement]"
    if value is None or value in ((), "") or (isinstance(value, float) and abs(value) >= 1e9):
        return "none"
    return show(list(value) if isinstance(value, tuple) else value)


def limits_of(words: str) -> str:
    """Return limits as they are told; those that only keep out the absurd are none."""
    return "" if words == "-1000000000 to 1000000000" else words


def kind(name: str) -> str:
    """Return the table of a kind's fields; choices without a value are the programme's own."""
    rows = [row | given(("kinds", name, row["field"])) for row in catalogue.held() if row["kind"] == name]
    own = {"fact": "by scenario", "choice": "by programme", "choice (word)": "by programme"}
    rows = [{**row, "field": f"`{row['field']}`", "value": row["value"] or own[row["what"]]} for row in rows]
    return table(rows, ["field", "what", "value", "unit", "range", "limits", "mark", "source", "meaning", "note"])


def channels(_: str) -> str:
    """Return the table of channels: the closed list in activities.py."""
    rows = []
    for field in dataclasses.fields(activities.Activities):
        found = re.match(r"tuple\[(\w+), \.\.\.\]", str(field.type))
        if found:
            cls = getattr(activities, found[1])
            held = ", ".join(f"`{inner.name}`" for inner in dataclasses.fields(cls))
            words = re.split(r"(?<=\.)\s", " ".join(cls.__doc__.split()))[0].replace("``", "`")
            rows.append({"channel": f"`{field.name}`", "class": f"`{found[1]}`", "holds": held, "what it is": words})
    return table(rows, ["channel", "class", "holds", "what it is"])


def table(rows: list[Row], columns: list[str]) -> str:
    """Return rows as Markdown, without columns that are empty all the way down."""
    if not rows:
        raise SystemExit(f"a table of {', '.join(columns)} has no rows: is its name in the page spelt right?")
    used = [column for column in columns if any(row[column] for row in rows)]
    return catalogue.as_text(rows, used, "markdown")


# ------------------------------------------------------------------------------- marks


def marked(name: str, marks: Counter[str]) -> Row:
    """Return a row of counts and shares by mark."""
    total = marks.total()
    counts = {m: f"{marks[m]} ({100 * marks[m] / total:.0f} %)" if marks[m] else "0" for m in KNOWN}
    return {"": name, "numbers": str(total), **counts}


def files() -> list[str]:
    """Return the names of scenario files and parts, the shared one first."""
    names = {path.stem for path in (ROOT / "scenarios").glob("*.toml")} - {"sources"}
    return sorted(names, key=lambda name: (name != "common", name))


def marks(_: str) -> str:
    """Return counts and shares of numbers by mark, for every built-in scenario and every file."""
    rows = []
    for name, scenario in scenarios().items():
        count = Counter(origin.mark for origin in scenario.provenance.values() if origin.mark)
        rows.append(marked(f"`{name}`", count))
    for name in files():
        count = Counter(str(entry["mark"]) for _, entry in facts(read(name)))
        rows.append(marked(f"the file `{name}.toml`", count))
    return table(rows, ["", "numbers", *KNOWN])


def numbers(_: str) -> str:
    """Return the names of all numbers by file, section and mark."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for file in files():
        for path, entry in facts(read(file)):
            depth = 2 if path[0] in {"kinds", "ties", "programmes", "shocks"} and len(path) > 2 else 1
            section, name = ".".join(path[:depth]), ".".join(path[depth:])
            found.setdefault((file, section), {}).setdefault(str(entry["mark"]), []).append(name)
    rows = []
    for (file, section), by_mark in found.items():
        row = {"file": file, "section": f"`{section}`"}
        for mark in KNOWN:
            row[mark] = ", ".join(shortened(by_mark.get(mark, [])))
        rows.append(row)
    return table(rows, ["file", "section", *KNOWN])


def shortened(names: list[str]) -> list[str]:
    """Return names as they are when they are few, else those of one table as its name and their count."""
    tops = Counter(name.split(".")[0] for name in names)
    if len(names) <= SPELT_OUT:
        return names
    return [f"{top} ({count})" if count > 1 else next(n for n in names if n.split(".")[0] == top)
            for top, count in tops.items()]  # fmt: skip


# ------------------------------------------------------------------------------- sources


def bracketed(text: str, known: dict[str, str]) -> set[str]:
    """Return the keys in square brackets of a text: [C65], [A1, B14], [C50-C54]; of runs, those that exist."""
    found: set[str] = set()
    for group in re.findall(r"\[([A-Z][A-Z0-9a-z]*(?:(?:, ?|-)[A-Z][A-Z0-9a-z]*)*)\]", text):
        for part in re.split(", ?", group):
            first, _, last = part.partition("-")
            if last and first[0] == last[0]:
                ends = int(first[1:]), int(last[1:])
                found |= {key for n in range(ends[0], ends[1] + 1) if (key := f"{first[0]}{n}") in known}
            elif re.fullmatch(r"[A-Z]+\d+[a-z]?|SCORE|EVIDENCE", part):
                found.add(part)
    return found


def docstrings(text: str) -> str:
    """Return all texts that stand alone in a module: docstrings of modules, classes, functions and fields."""
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr))
    values = (node.value.value for node in nodes if isinstance(node.value, ast.Constant))
    return "\n".join(value for value in values if isinstance(value, str))


def named_in_code(known: dict[str, str]) -> dict[str, set[str]]:
    """Return for each key in a docstring the modules that name it; a key may be unknown."""
    package = ROOT / "src" / "cohesion_sim"
    uses: dict[str, set[str]] = {}
    for file in sorted(package.rglob("*.py")):
        for key in bracketed(docstrings(file.read_text("utf-8")), known):
            uses.setdefault(key, set()).add(file.relative_to(package).with_suffix("").as_posix())
    return uses


def words(text: str, known: dict[str, str]) -> set[str]:
    """Return the keys that stand in a text as words, in brackets or not."""
    return (set(re.findall(r"\b[A-Z]+\d*[a-z]?\b", text)) & set(known)) | (bracketed(text, known) & set(known))


def named_in_scenarios(known: dict[str, str]) -> dict[str, set[str]]:
    """Return for each key the numbers and the files that name it."""
    uses: dict[str, set[str]] = {}
    for name in files():
        before = "" if name == "common" else f"{name}: "
        for path, entry in facts(read(name)):
            for key in words(f"{entry.get('source', '')} {entry.get('note', '')}", known):
                uses.setdefault(key, set()).add(f"{before}{'.'.join(path)}")
        text = (ROOT / "scenarios" / f"{name}.toml").read_text("utf-8")
        rest = "\n".join(line for line in text.splitlines() if "mark = " not in line)
        for key in bracketed(rest, known) & set(known) | words("\n".join(re.findall(r"#.*", rest)), known):
            uses.setdefault(key, set()).add(f"{name}.toml")
    return uses


def named_in_pages(known: dict[str, str]) -> dict[str, set[str]]:
    """Return for each key the pages whose written part names it."""
    uses: dict[str, set[str]] = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for key in words(BLOCK.sub("", page.read_text("utf-8")), known):
            uses.setdefault(key, set()).add(page.name)
    return uses


def sources(_: str) -> str:
    """Return the bibliography: every key with its reference, its address, and who names it."""
    known: dict[str, str] = read("sources")
    places = {
        "rules": named_in_code(known),
        "numbers": named_in_scenarios(known),
        "pages": named_in_pages(known),
    }
    heads = {"A": "The project", "B": "The four places", "C": "The country and sibling programmes"}
    groups: dict[str, list[str]] = {"Published works, surveys and instruments": []}
    for key, text in sorted(known.items(), key=lambda item: order(item[0])):
        head = heads[key[0]] if re.fullmatch(r"[ABC]\d+[a-z]?", key) else next(iter(groups))
        used = [f"*{what}:* {', '.join(sorted(by_key[key]))}" for what, by_key in places.items() if key in by_key]
        groups.setdefault(head, []).append(f"- **{key}** {linked(text)}\n  {'; '.join(used) or 'Not used.'}")
    return "\n\n".join(f"## {head}\n\n" + "\n".join(entries) for head, entries in groups.items())


def order(key: str) -> tuple[str, int, str]:
    """Return what keys are sorted by: C9 stands before C10, published works by name and year."""
    found = re.fullmatch(r"([ABC])(\d+)(\w*)", key)
    return (found[1], int(found[2]), found[3]) if found else (key, 0, "")


def linked(text: str) -> str:
    """Return a reference with its DOI and its addresses as links."""
    text = re.sub(r"\bdoi (10\.[^\s;]+)", r"[doi:\1](https://doi.org/\1)", text)
    return re.sub(r"(?<!\()\bhttps?://[^\s;]+", lambda found: f"<{found[0]}>", text)


WRITERS: dict[str, Callable[[str], str]] = {
    writer.__name__: writer for writer in (parameters, trial, kind, channels, marks, numbers, sources)
}


def fill(page: Path) -> str:
    """Return a page's text with every table as the code and the scenario files have it now."""

    def written(found: re.Match[str]) -> str:
        name, argument = found[1], found[2]
        if name not in WRITERS:
            return found[0]
        head = f"<!-- {name}{f': {argument}' if argument else ''} -->"
        return f"{head}\n{WRITERS[name](argument or '')}\n<!-- end of {name} -->"

    return BLOCK.sub(written, page.read_text("utf-8"))


def main(check: bool) -> int:
    """Return 0 when all pages are as they should be; writes them unless ``check``."""
    late = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = fill(page)
        if text != page.read_text("utf-8"):
            late.append(f"docs/{page.name}")
            if not check:
                page.write_text(text, "utf-8", newline="\n")
    for name in late:
        sys.stdout.write(f"{name} is out of step. Run: python docs/generate.py\n" if check else f"{name} is written\n")
    return 1 if check and late else 0


if __name__ == "__main__":
    raise SystemExit(main("--check" in sys.argv[1:]))
