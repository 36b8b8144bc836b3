"""Scenario files into frozen scenarios; every mistake at once, each with file, line, place and mend."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cohesion_sim import consistency, consistency_portfolio, consistency_trial
from cohesion_sim.fields import RefusedError, admit, hints, sentence, shape, show
from cohesion_sim.kinds import kinds
from cohesion_sim.layers import SourceFile, of_another_kind, stacked
from cohesion_sim.parameters import InputError, Provenance, nearest
from cohesion_sim.reading import LABEL, LOADED, Reader
from cohesion_sim.scenario import AGE_BANDS, Scenario
from cohesion_sim.sets import plain
from cohesion_sim.toml_lines import TomlError, read_toml

__all__ = [
    "builtin_scenarios", "entries_of", "kinds", "load_design", "load_scenario", "places_of", "read_from",
    "scenario_beside", "shipped", "with_values",
]  # fmt: skip

T = TypeVar("T")


def shipped(name: str) -> Path:
    """Return a folder that comes with the package: in the wheel as ``_name``, or beside the package in a clone."""
    here = Path(__file__).resolve().parent
    return here / f"_{name}" if (here / f"_{name}").is_dir() else here.parents[1] / name


def _folder() -> Path:
    """Return the folder of built-in scenarios."""
    return shipped("scenarios")


def builtin_scenarios() -> list[str]:
    """Return the names of the built-in scenarios; files without a title are parts for ``extends``."""
    files = sorted(_folder().glob("*.toml"))
    return [file.stem for file in files if re.search(r"(?m)^title\b", file.read_text("utf-8").split("\n[", 1)[0])]


def builtin_trials() -> dict[str, Path]:
    """Return the trial files that come with the package, by name."""
    folder = shipped("experiments")
    return {file.stem: file for file in (*sorted(folder.glob("*.toml")), *sorted(folder.glob("validation/*.toml")))}


def load_scenario(
    name_or_path: str | Path, sets: Mapping[str, object] | None = None, *, below: str = ""
) -> Scenario:
    """Return the scenario of a built-in name or a file, with the values in ``sets`` put in place.

    ``below`` names a built-in part on which all of it stands. Raises `InputError` with every mistake of the file, one a
    line.
    """
    layers = _layers(_find(name_or_path))
    layers = [*(_layers(_find(below)) if below else ()), *layers]
    if layers[-1].path.resolve().parent == _folder().resolve() and "title" not in layers[-1].document.data:
        raise InputError(
            f"{layers[-1].called}: this is a part that scenarios build on, not a scenario. "
            f"Name one of: {', '.join(builtin_scenarios())}"
        )
    of_another_kind(layers[-1], Scenario.__annotations__)
    scenario = Reader(layers, _folder(), _known_sources()).scenario()
    return with_values(scenario, sets) if sets else scenario


def load_design(
    name_or_path: str | Path, kind: type[T], problems: Callable[[T], Iterable[tuple[tuple[str, ...], str]]]
) -> T:
    """Return what a file that is no scenario describes: a frozen ``kind``, whose fields are the file's entries.

    Parameters
    ----------
    name_or_path
        A file, or the name of one that comes with the package.
    kind
        A dataclass with the entries as fields, declared as those of `Scenario`, and ``name``, ``folder``, ``text``,
        which are the file's own name, the folder it lies in and what it says.
    problems
        Called with the object; gives place and words of what does not fit together.

    Raises
    ------
    InputError
        With every mistake of the file, one a line.
    """
    layers = _layers(_find(name_or_path))
    of_another_kind(layers[-1], kind.__annotations__)
    reader = Reader(layers, _folder(), _known_sources(), root=kind)
    design: T = reader.design(problems)
    return design


def entries_of(name_or_path: str | Path) -> dict[str, Any]:
    """Return what a file of any kind says, as plain tables. Raises `InputError` when it cannot be read."""
    return dict(stacked(_layers(_find(name_or_path)))[0])


def scenario_beside(folder: Path, name: str) -> Scenario:
    """Return the scenario that a file in ``folder`` names: built in, or a file seen from there. Raises `InputError`."""
    return load_scenario(beside(folder, name))


def read_from(folder: Path, name: str) -> list[Path]:
    """Return the files that make up the scenario which a file in ``folder`` names, the farthest first."""
    return [file.path for file in _layers(_find(beside(folder, name)))]


def beside(folder: Path, name: str) -> str | Path:
    """Return what a name in a file in ``folder`` means: a built-in name, or the path of a file seen from there."""
    if LABEL.fullmatch(name) and name in builtin_scenarios():
        return name
    path = folder / (name if name.endswith(".toml") else f"{name}.toml")
    return path if path.is_file() else name


def _find(name_or_path: str | Path) -> tuple[Path, str]:
    """Return path and name-in-messages of a built-in name or a user's file."""
    name = str(name_or_path)
    if LABEL.fullmatch(name) and (_folder() / f"{name}.toml").is_file():
        return _folder() / f"{name}.toml", f"scenarios/{name}.toml"
    if LABEL.fullmatch(name) and name in (trials := builtin_trials()):
        return trials[name], f"experiments/{trials[name].relative_to(shipped('experiments')).as_posix()}"
    path = Path(name)
    if not path.exists() and path.suffix != ".toml" and path.with_name(path.name + ".toml").is_file():
        path = path.with_name(path.name + ".toml")
    if not path.exists():
        close = nearest(path.stem or name, [*builtin_scenarios(), *builtin_trials()])
        raise InputError(
            f"{name}: no such file or scenario. Write a path to a .toml file or a built-in name{close}"
        )
    return path, str(path)


def _read(path: Path, called: str) -> SourceFile:
    """Return a file's document. Raises `InputError` when it is no readable TOML."""
    if path.is_dir():
        raise InputError(f"{called}: this is a folder. Write the name of a .toml file in it")
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{called}:{line}: the file is not UTF-8. Save it as UTF-8 in your editor") from None
    except OSError as error:
        raise InputError(f"{called}: the file cannot be read ({error.strerror})") from None
    if not text.removeprefix("\ufeff").strip():
        raise InputError(
            f'{called}:1: the file is empty. Write extends = "common" and what differs; '
            "`cohesion-sim new NAME` gives a start"
        )
    try:
        return SourceFile(path, called, read_toml(text))
    except TomlError as mistake:
        raise InputError(f"{called}:{mistake.line}:{mistake.column}: {mistake.words}") from None


def _layers(found: tuple[Path, str], above: tuple[Path, ...] = ()) -> list[SourceFile]:
    """Return the file and everything it extends, the farthest first."""
    path, called = found
    file = _read(path, called)
    parents = file.document.data.get("extends", [])
    place = f"{called}:{file.document.lines.get(('extends',), 1)}: extends:"
    names = [parents] if isinstance(parents, str) else parents
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(f'{place} {show(parents)} is not a name. Write extends = "common"')
    layers: list[SourceFile] = []
    for name in names:
        beside = path.parent / (name if name.endswith(".toml") else f"{name}.toml")
        built_in = _folder() / f"{name}.toml"
        if (
            beside.is_file()
            and beside.resolve() != path.resolve()
            and path.parent.resolve() != _folder().resolve()
        ):
            parent = (beside, str(beside))
        elif built_in.is_file():
            parent = (built_in, f"scenarios/{name}.toml")
        else:
            known = {p.stem for folder in (_folder(), path.parent) for p in folder.glob("*.toml")} - {
                path.stem,
                "sources",
            }
            raise InputError(
                f"{place} no file or scenario named '{name}'{nearest(name, known)}. Write one that exists"
            )
        if parent[0].resolve() in (path.resolve(), *above):
            raise InputError(f"{place} '{name}' leads back to this file. Remove the loop")
        layers += [
            f for f in _layers(parent, (*above, path.resolve())) if f.path not in {g.path for g in layers}
        ]
    return [*layers, file]


@functools.cache
def _known_sources() -> dict[str, str]:
    return dict(read_toml((_folder() / "sources.toml").read_text("utf-8")).data)


# ------------------------------------------------------------------------ values set by the user


_SECTIONS = {"portfolio": consistency_portfolio.portfolio_problems, "trial": consistency_trial.trial_problems}


def with_values(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    """Return a copy of the scenario with other values at dotted paths, each marked as set by the user.

    A path names a number or text of the scenario (``people.size``), of an intervention
    (``project.platform.seats``, short for ``programmes.project.interventions.platform.seats``), or of all
    interventions of a kind (``kinds.dialogue_platform.turnout``). Limits are those of files. Raises
    `InputError` with every mistake.
    """
    mistakes: list[str] = []
    provenance = dict(scenario.provenance)
    notes: list[str] = []
    for path, value in values.items():
        try:
            for place in places_of(scenario, path):
                scenario, admitted = _replaced(scenario, None, place, value, place)
                _mark(provenance, place, admitted)
            notes.append(f"# set {path} = {show(value)}")
        except RefusedError as refused:
            mistakes.append(f"{path}={plain(value)}: {_in_words(scenario, path, refused)}")
    scenario = dataclasses.replace(scenario, provenance=provenance, text="\n".join([scenario.text, *notes]))
    if not mistakes:
        places = [place for path in values for place in places_of(scenario, path)]
        touched = {place[1] for place in places if place[0] == "programmes"}
        dear = consistency.plans(scenario)
        told: list[tuple[tuple[str, ...], str]] = [(p, words) for p, words in dear if len(p) == 2 and p[1] in touched]
        # Only what was touched: a portfolio lists all its mixes, and a study sets numbers thousands of times.
        for section in sorted({place[0] for place in places} & _SECTIONS.keys()):
            told += _SECTIONS[section](scenario)
        mistakes = [f"{'.'.join(place)}: {words}" for place, words in (*consistency.problems(scenario), *told)]
    if mistakes:
        raise InputError(*mistakes)
    return scenario


def _in_words(scenario: Scenario, path: str, refused: RefusedError) -> str:
    """Return why a value is refused; a number is written as ``--set`` wants it, not as files do."""
    if not refused.limits:
        return str(refused)
    places = [".".join(place) for place in places_of(scenario, path)]
    now = next((scenario.provenance[place].value for place in places if place in scenario.provenance), None)
    example = now if refused.number is None else refused.number
    if example is None:
        return f"{sentence(refused.what)} Write {refused.limits}"
    return f"{sentence(refused.what)} Write e.g. {path}={show(example)} ({refused.limits})"


def places_of(scenario: Scenario, path: str) -> list[tuple[str, ...]]:
    """Return the full paths that a path of the user means."""
    parts = tuple(path.split("."))
    if parts[0] == "kinds" and len(parts) == 3:
        groups: dict[tuple[str, ...], Mapping[str, Any]] = {("shocks",): scenario.shocks}
        groups |= {
            ("programmes", n, "interventions"): p.interventions for n, p in scenario.programmes.items()
        }
        module = parts[1]
        found: list[tuple[str, ...]] = [
            (*place, label, parts[2])
            for place, group in groups.items()
            for label, actor in group.items()
            if type(actor).__module__.rpartition(".")[2] == module
        ]
        if not found:
            raise RefusedError(
                f"no intervention or shock of the kind '{module}' here. `cohesion-sim kinds` lists all"
            )
        return found
    return [consistency.full_path(scenario, path)]


def _replaced(
    node: Any, hint: Any, rest: tuple[str, ...], value: object, place: tuple[str, ...]
) -> tuple[Any, Any]:
    """Return a copy of ``node`` with ``value`` at ``rest``, and the value as it was admitted."""
    if not rest:
        admitted = admit(hint, value, place[-1])
        return admitted, admitted
    name = rest[0]
    if isinstance(node, Mapping):
        if name not in node:
            raise RefusedError(
                f"unknown name '{name}'{nearest(name, node)}. `cohesion-sim parameters` lists all"
            )
        inner = shape(hint).arguments[1] if hint is not None and shape(hint).arguments else None
        changed, admitted = _replaced(node[name], inner, rest[1:], value, place)
        return {**node, name: changed}, admitted
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        raise RefusedError(
            f"'{place[len(place) - len(rest) - 1]}' has no entries. Remove '.{'.'.join(rest)}'"
        )
    known = [key for key in hints(type(node)) if not isinstance(node, Scenario) or key not in LOADED]
    if name not in known:
        raise RefusedError(
            f"unknown name '{name}'{nearest(name, known)}. `cohesion-sim parameters` lists all"
        )
    changed, admitted = _replaced(getattr(node, name), hints(type(node))[name], rest[1:], value, place)
    try:
        return dataclasses.replace(node, **{name: changed}), admitted
    except RefusedError:
        raise
    except Exception as error:  # a kind may check itself in its own way
        raise RefusedError(str(error) or type(error).__name__) from None


def _mark(provenance: dict[str, Provenance], place: tuple[str, ...], value: object) -> None:
    """Record that the user set the number at a place."""
    many = isinstance(value, tuple)
    names = (
        AGE_BANDS
        if place == ("people", "ages")
        else [str(k) for k in range(len(value))]
        if isinstance(value, tuple)
        else [""]
    )
    for name, one in zip(names, value if isinstance(value, tuple) else (value,), strict=False):
        path = ".".join((*place, name) if many else place)
        if path in provenance:
            provenance[path] = dataclasses.replace(
                provenance[path], value=one, mark="user", source="", note="set by the user", file="", line=0
            )
