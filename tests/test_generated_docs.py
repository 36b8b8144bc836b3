"""The generated docs: tables in step with the code, sources that exist and are used, an ODD page that is complete."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
import typing
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import cohesion_sim
from cohesion_sim import catalogue
from cohesion_sim.kinds import kinds
from cohesion_sim.population import Population
from cohesion_sim.state import State

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "cohesion_sim"
ODD = (ROOT / "docs" / "odd.md").read_text("utf-8")
TRIALS, PORTFOLIOS = ((ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("trials", "portfolio"))
SOURCES: dict[str, str] = tomllib.loads((ROOT / "scenarios" / "sources.toml").read_text("utf-8"))
PATTERNS = set(re.findall(r"(?m)^\| (E\d+) \|", ODD))
"""Keys of the patterns that the model is held against; rules may name them beside sources."""
MACHINERY = {"__init__", "_shared", "arithmetic", "tally"}
"""Files among rules and kinds that state no rule of their own."""


@pytest.fixture(scope="module")
def generate() -> typing.Iterator[ModuleType]:
    """Return docs/generate.py as a module; the search path is put back afterwards."""
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location("cohesion_sim_docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before


def ask(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Return what docs/generate.py of a tree says."""
    return subprocess.run(
        [sys.executable, "-X", "utf8", str(root / "docs" / "generate.py"), *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def replaced(file: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


# ------------------------------------------------------------------------------- tables in step


def test_the_tables_of_the_docs_are_in_step_with_code_and_scenarios() -> None:
    done = ask(ROOT, "--check")
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_a_changed_number_declaration_or_channel_is_noticed_and_mended(tmp_path: Path) -> None:
    for folder in ("docs", "scenarios", "src"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "images"))
    shutil.copy(ROOT / "README.md", tmp_path)
    changes = (
        ("scenarios/common.toml", "gain = { value = 0.12,", "gain = { value = 0.11,", "| `contact.gain` | 0.11 |"),
        ("src/cohesion_sim/scenario.py", "what a good encounter adds to tie trust", "it adds", "| it adds |"),
        ("src/cohesion_sim/activities.py", "Trusted adults present where", "Adults where", "| Adults where"),
    )
    for file, old, new, seen in changes:
        replaced(tmp_path / file, old, new)
        late = ask(tmp_path, "--check")
        assert late.returncode == 1, late.stderr
        assert late.stdout == "docs/odd.md is out of step. Run: python docs/generate.py\n"
        assert ask(tmp_path).returncode == 0
        assert seen in (tmp_path / "docs" / "odd.md").read_text("utf-8")
        assert ask(tmp_path, "--check").returncode == 0


def test_every_declared_number_stands_in_exactly_one_table_of_the_pages_odd_trials_and_portfolio() -> None:
    rows = Counter(re.findall(r"(?m)^\| `([\w.]+)` \|", ODD + TRIALS + PORTFOLIOS))
    declared = {row["name"] for row in catalogue.declared()} - {"weeks"}  # the length of a run, told in the text
    assert {name: rows[name] for name in declared} == dict.fromkeys(declared, 1)


def test_every_kind_has_its_table() -> None:
    text = (ROOT / "docs" / "kinds.md").read_text("utf-8")
    marked = re.findall(r"<!-- kind: (\w+) -->", text)
    assert sorted(marked) == sorted(name for room in kinds().values() for name in room)


def test_the_counts_by_mark_are_those_of_the_files() -> None:
    text = (ROOT / "docs" / "credibility.md").read_text("utf-8")
    for file in sorted((ROOT / "scenarios").glob("*.toml")):
        if file.name == "sources.toml":
            continue
        found = Counter(re.findall(r'\bmark = "([\w-]+)"', file.read_text("utf-8")))
        row = re.search(rf"(?m)^\| the file `{re.escape(file.name)}` \| (.+) \|$", text)
        assert row is not None, file.name
        counts = [int(cell.split()[0]) for cell in row[1].split(" | ")]
        assert counts == [found.total(), *(found[mark] for mark in ("F", "D", "M-h", "M-m", "M-l", "A"))]


# ------------------------------------------------------------------------------- sources


def test_keys_are_read_from_square_brackets(generate: ModuleType) -> None:
    known = {"C50": "", "C51": "", "C53": "", "A1": "", "LOWE25": "", "SCORE": ""}
    assert generate.bracketed("found [A1], twice [A1, LOWE25]; [SCORE]", known) == {"A1", "LOWE25", "SCORE"}
    assert generate.bracketed("a run [C50-C54] of those that exist", known) == {"C50", "C51", "C53"}
    assert generate.bracketed("unknown [ZZZ99]", known) == {"ZZZ99"}
    assert generate.bracketed("[communities.KEY], [NAME], x[A], [0, 1), [people], A1 without brackets", known) == set()


def test_every_key_in_a_docstring_exists(generate: ModuleType) -> None:
    named = generate.named_in_code(SOURCES)
    unknown = {key: sorted(modules) for key, modules in named.items() if key not in {*SOURCES, *PATTERNS}}
    assert not unknown, "write these keys into scenarios/sources.toml"


RULES = sorted(
    file
    for folder in ("kernels", "interventions", "shocks")
    for file in (PACKAGE / folder).glob("*.py")
    if file.stem not in MACHINERY
)


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_every_rule_and_kind_names_a_source_or_says_it_is_our_own(file: Path, generate: ModuleType) -> None:
    text = generate.docstrings(file.read_text("utf-8"))
    assert generate.bracketed(text, SOURCES) & set(SOURCES) or "[own]" in text


def test_no_source_is_unused(generate: ModuleType) -> None:
    used = {
        key
        for names in (generate.named_in_code, generate.named_in_scenarios, generate.named_in_pages)
        for key in names(SOURCES)
    }
    assert set(SOURCES) - used == set()


def test_the_bibliography_lists_every_source_once_and_dois_as_links() -> None:
    text = (ROOT / "docs" / "bibliography.md").read_text("utf-8")
    assert Counter(re.findall(r"(?m)^- \*\*(\w+)\*\*", text)) == Counter(list(SOURCES))
    dois = [doi for reference in SOURCES.values() for doi in re.findall(r"\bdoi (10\.\S+?)(?=;|\s|$)", reference)]
    assert len(dois) >= 20
    assert [doi for doi in dois if f"(https://doi.org/{doi})" not in text] == []


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_sections_named_in_docstrings_exist_and_name_the_file(file: Path, generate: ModuleType) -> None:
    named = re.findall(r"\((\w+\.md) (\d+\.\d+)(?:-(\d+\.\d+))?\)", generate.docstrings(file.read_text("utf-8")))
    for page, first, last in named:
        text = (ROOT / "docs" / page).read_text("utf-8")
        headings = [re.search(rf"(?m)^### {re.escape(number)} .*$", text) for number in filter(None, (first, last))]
        assert all(headings), f"{page} has no section {first} {last}"
    if named and file.parent.name == "kernels":
        page = (ROOT / "docs" / named[0][0]).read_text("utf-8")
        assert re.search(rf"(?m)^### .*kernels/{file.name}", page), f"no heading of {named[0][0]} names {file.name}"


# ------------------------------------------------------------------------------- the ODD page


def test_the_odd_page_has_the_seven_elements_and_eleven_concepts() -> None:
    assert re.findall(r"(?m)^## (\d\. .+)$", ODD)[:7] == [
        "1. Purpose and patterns",
        "2. Entities, state variables and scales",
        "3. Process overview and scheduling",
        "4. Design concepts",
        "5. Initialisation",
        "6. Input data",
        "7. Submodels",
    ]
    assert re.findall(r"(?m)^### 4\.\d+ (.+)$", ODD) == [
        "Basic principles",
        "Emergence",
        "Adaptation",
        "Objectives",
        "Learning",
        "Prediction",
        "Sensing",
        "Interaction",
        "Stochasticity",
        "Collectives",
        "Observation",
    ]


def test_sections_named_in_the_odd_page_exist() -> None:
    headings = set(re.findall(r"(?m)^#+ (\d+(?:\.\d+)?)\b", ODD))
    named = re.findall(r"§(\d+(?:\.\d+)?)(?:-(\d+\.\d+))?", ODD)
    assert len(named) > 20
    assert {number for pair in named for number in pair if number} <= headings


def element(number: int) -> str:
    """Return the text of an element of the ODD page."""
    return ODD.split(f"\n## {number}. ")[1].split("\n## ")[0]


def types(cls: type) -> dict[str, str]:
    """Return the type of every array of a class by its name; empty for what is no array."""
    found = {}
    for field in dataclasses.fields(cls):
        scalar = re.match(r"numpy\.ndarray\[.*dtype\[numpy\.(\w+)\]", str(typing.get_type_hints(cls)[field.name]))
        found[field.name] = np.dtype(scalar[1]).name if scalar else ""
    return found


@pytest.mark.parametrize("cls", [Population, State])
def test_every_state_variable_stands_in_the_odd_page_with_its_type(cls: type) -> None:
    text = element(2)
    rows = re.findall(r"(?m)^\| *\w* *\| ([^|]+) \| (\w+) \|", text)
    told = {name: kind for names, kind in rows for name in re.findall(r"`(\w+)`", names)}
    for name, kind in types(cls).items():
        assert f"`{name}`" in text, f"{cls.__name__}.{name} is missing"
        if kind and told.get(name, "several") != "several":
            assert told[name] == kind, f"{cls.__name__}.{name} is {kind}"


def test_dynamic_variables_are_those_of_the_state() -> None:
    rows = re.findall(r"(?m)^\| *\w* *\| ([^|]+) \| [^|]+ \| [^|]+ \| (static|dynamic) \|", element(2))
    state = {field.name for field in dataclasses.fields(State)}
    dynamic = {name for names, how in rows if how == "dynamic" for name in re.findall(r"`(\w+)`", names)}
    static = {name for names, how in rows if how == "static" for name in re.findall(r"`(\w+)`", names)}
    assert dynamic <= state
    assert static & state == {"belief"}  # kept with the changing state, never changed


# ------------------------------------------------------------------------------- how to cite


def test_the_citation_file_has_what_its_format_asks_for() -> None:
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    heads = re.findall(r"(?m)^([\w-]+):", text)
    assert len(heads) == len(set(heads))
    assert {"cff-version", "message", "title", "authors"} <= set(heads)
    optional = {"abstract", "date-released", "doi", "keywords", "license", "references", "repository-code", "type"}
    assert set(heads) <= {"cff-version", "message", "title", "authors", "version", "url", *optional}
    assert re.search(r"(?m)^cff-version: 1\.2\.0$", text)
    assert re.search(rf'(?m)^version: "?{re.escape(cohesion_sim.__version__)}"?$', text)
    assert "\t" not in text
    references = re.split(r"(?m)^  - ", text.split("\nreferences:\n")[1])[1:]
    assert references
    for reference in references:
        assert {"type", "title", "authors"} <= set(re.findall(r"(?m)^(?:    )?([\w-]+):", reference))
        doi = re.search(r"doi: (\S+)", reference)
        assert doi is not None
        assert any(f"doi {doi[1]}" in text for text in SOURCES.values()), f"{doi[1]} is none of our sources"


def test_docstrings_are_all_found(generate: ModuleType) -> None:
    text = '"""Module [A1]."""\nX = 1\n"""Field [A2]."""\ndef f():\n    """Function."""\n    return "[A3]"\n'
    assert generate.docstrings(text).split("\n") == ["Module [A1].", "Field [A2].", "Function."]
