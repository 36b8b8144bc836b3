"""The house: imports run downwards, one door to Mesa, nothing heavy at the entrance, rules that name their source."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import cohesion_sim

PACKAGE = Path(next(iter(cohesion_sim.__path__)))

LAYERS: tuple[tuple[str, ...], ...] = (
    # 0: data and kernels
    (
        *("calibration_design", "compiled", "parameters", "country_design", "designs", "experiment"),
        *("portfolio_design", "scenario", "randomness", "population", "ties", "kernels"),
    ),
    # 1: what may act on people, what we measure, a municipality and its changing state
    ("activities", "measures", "municipality", "state", "channels", "record"),
    # 2: one kind of intervention or shock a file
    ("selection", "interventions", "shocks"),
    # 3: files into scenarios
    (
        *("toml_lines", "fields", "layers", "kinds", "facts", "sets"),
        *("place_table", "mixes", "offers"),
        *("consistency", "consistency_country", "consistency_portfolio"),
        *("consistency_trial", "reading", "files"),
    ),
    # 4: the model
    ("model",),
    # 5: many runs, and what they say
    ("studies", "verification", "folder"),
    # 6: tables into pictures, words and pages
    (
        *("country_answer", "country_figures", "country_report"),
        *("answer", "card", "catalogue", "figures", "pages", "phrases", "report", "sentences", "tables"),
        *("portfolio_answer", "portfolio_figures", "portfolio_report"),
        *("calibrate_answer", "calibrate_figures", "calibrate_report"),
        *("looking_answer", "looking_figures", "looking_report"),
        *("study_answer", "study_report", "trial_answer", "trial_figures", "trial_report", "typeset", "workshop"),
    ),
    # 7: the face
    (
        *("cli", "terminal", "calibrate_verb", "check_verb", "country_verb", "looking_verbs"),
        *("portfolio_verb", "study_verbs", "trial_verbs", "verify_verb", "workshop_verbs"),
    ),
)
"""A module imports from its own layer or a lower one, and inside a layer never in a circle."""

INNER = {name: number for number, layer in enumerate(LAYERS) for name in layer}
TOP = {"__init__": 7, "__main__": 8}  # the list of public names; the door of `python -m`
# In an installed package the experiments lie inside; they are scripts, not modules.
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_experiments" not in path.parts)


def room(path: Path) -> str:
    """Return the first part of a module's place: its file name, or the folder it is in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def level(name: str) -> int | None:
    return {**INNER, **TOP}.get(name)


def imports(text: str) -> list[tuple[int, str, bool]]:
    """Return line, dotted name, and whether it is for type checkers only, of every import in a module."""
    tree = ast.parse(text)
    for_types = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for_types |= {id(inner) for inner in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, a.name, id(node) in for_types) for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.lineno, f"{node.module}.{a.name}", id(node) in for_types) for a in node.names]
    return found


def own(name: str) -> str | None:
    """Return the room of this package that a dotted name leads to."""
    parts = name.split(".")
    return parts[1] if parts[0] == "cohesion_sim" and len(parts) > 1 else None


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    here = level(room(path))
    assert here is not None, f"{path.name} stands in no layer: put it in LAYERS"
    upwards = [
        f"{path.name}:{line}: {name}"
        for line, name, for_types in imports(path.read_text("utf-8"))
        if (target := own(name)) is not None
        and not for_types
        # A name that is no module is defined in the package's own __init__: only the top may use that.
        and (level(target) if level(target) is not None else 7) > here
    ]
    assert upwards == []


def test_no_circles_inside_a_layer() -> None:
    edges: dict[str, set[str]] = {}
    for path in MODULES:
        name = room(path)
        for _, target, for_types in imports(path.read_text("utf-8")):
            other = own(target)
            if other and other != name and not for_types and level(other) == level(name):
                edges.setdefault(name, set()).add(other)

    def reaches(start: str, goal: str, seen: frozenset[str] = frozenset()) -> bool:
        return any(
            step == goal or (step not in seen and reaches(step, goal, seen | {step})) for step in edges.get(start, ())
        )

    assert [name for name in edges if reaches(name, name)] == []


def test_every_room_named_here_exists() -> None:
    missing = {name for name in INNER if not any(room(path) == name for path in MODULES)}
    assert missing == set()


def test_only_the_model_imports_mesa() -> None:
    found = {
        path.name for path in MODULES for _, name, _ in imports(path.read_text("utf-8")) if name.split(".")[0] == "mesa"
    }
    assert found == {"model.py"}


def test_kernels_and_data_import_neither_pandas_nor_scipy() -> None:
    heavy = {"pandas", "scipy", "matplotlib", "mesa", "pydantic", "click", "rich", "pyarrow", "jinja2"}
    for path in MODULES:
        if level(room(path)) == 0:
            found = {name.split(".")[0] for _, name, _ in imports(path.read_text("utf-8"))} & heavy
            assert not found, path


def test_importing_the_package_does_nothing_heavy() -> None:
    code = "import sys, cohesion_sim; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "cohesion_sim" in loaded
    heavy = {"numba", "pandas", "matplotlib", "scipy", "mesa", "pydantic", "pyarrow", "jinja2", "networkx"}
    assert loaded & heavy == set()


def test_the_packages_public_names_are_few_and_real() -> None:
    if not hasattr(cohesion_sim, "__all__"):
        pytest.skip("NOT TESTED: the package lists no public names yet")
    assert len(cohesion_sim.__all__) <= 15
    for name in cohesion_sim.__all__:
        assert getattr(cohesion_sim, name) is not None


def test_only_the_command_line_prints() -> None:
    for path in MODULES:
        if room(path) == "cli":
            continue
        calls = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("print", "sys.stdout.write", "sys.stderr.write")
        ]
        assert not calls, f"{path}: prints in lines {calls}"


LONG = {"population.py": 580, "model.py": 600, "disputes.py": 450, "municipality.py": 420, "execute.py": 400}
"""Modules that outgrew the guide; they may shrink, not grow."""


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_fit_in_the_head(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= LONG.get(path.name, 360)
    assert max(map(len, lines), default=0) <= 150


def test_modules_say_what_they_are_in_one_line() -> None:
    for path in MODULES:
        words = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        assert words, path
        assert words.splitlines()[0].rstrip()[-1] in ".:;,", path


def test_errors_for_users_are_one_class() -> None:
    from cohesion_sim import parameters

    raised = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                raised.add(ast.unparse(node.exc.func))
    assert inspect.isclass(parameters.InputError)
    # Inside, other errors may carry a mistake to the place that knows its line; none of these reach a user.
    assert {"ValueError", "TypeError", "KeyError", "Exception", "RuntimeError"}.isdisjoint(raised)
