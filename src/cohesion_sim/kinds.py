"""The kinds of intervention and shock: one file each, found by file name, built in or beside a scenario."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from cohesion_sim.fields import hints
from cohesion_sim.parameters import InputError

ROOMS = ("interventions", "shocks")
"""The two folders where kinds live: what a programme does, and what happens to a municipality."""
_OWN, _TEXT = "cohesion_sim_own_", "__text__"


def class_name(kind: str) -> str:
    """Return the name of the class in the file of a kind: dialogue_platform, DialoguePlatform."""
    return "".join(part.capitalize() for part in kind.split("_"))


@functools.cache
def _built_in(room: str) -> tuple[str, ...]:
    package = importlib.import_module(f"cohesion_sim.{room}")
    return tuple(sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")))


def kind_files(room: str, folders: Iterable[Path] = ()) -> dict[str, Path | None]:
    """Return where each kind of a room is: a user's file, or None when it is built in."""
    found: dict[str, Path | None] = dict.fromkeys(_built_in(room))
    for folder in folders:
        for file in sorted((folder / room).glob("*.py")):
            if not file.stem.startswith("_"):
                if file.stem in _built_in(room):
                    raise InputError(
                        f"{file}:1: a kind named '{file.stem}' is built in. Give the file another name"
                    )
                found[file.stem] = file
    return found


def kind_class(room: str, kind: str, file: Path | None) -> type:
    """Return the class of a kind. Raises `InputError` when a user's file cannot be used."""
    if file is None:
        found: type = getattr(importlib.import_module(f"cohesion_sim.{room}.{kind}"), class_name(kind))
        return found
    own = getattr(_own_module(room, file), class_name(kind), None)
    if own is None:
        raise InputError(f"{file}:1: no class '{class_name(kind)}' here. Name the class after the file")
    if not (isinstance(own, type) and dataclasses.is_dataclass(own)):
        raise InputError(
            f"{file}:1: '{class_name(kind)}' is not a dataclass. "
            "Put @dataclass(frozen=True, kw_only=True) above it"
        )
    if not callable(getattr(own, "act", None)):
        raise InputError(
            f"{file}:1: '{class_name(kind)}' cannot act. Give it a method act(self, week, people, draws)"
        )
    try:
        hints(own)
    except Exception as error:
        raise InputError(f"{file}:1: the fields cannot be read: {error}") from None
    return own


def _own_module(room: str, file: Path) -> ModuleType:
    """Return a user's file as a module; an edited file is a new module."""
    text = file.read_bytes()
    name = f"{_OWN}{room}_{file.stem}_{hashlib.sha256(str(file).encode() + text).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError(f"{file}:1: not a Python file")
    module = importlib.util.module_from_spec(spec)
    module.__dict__[_TEXT] = text.decode("utf-8", "replace")
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        line = (
            error.lineno
            if isinstance(error, SyntaxError)
            else traceback.extract_tb(error.__traceback__)[-1].lineno
        )
        raise InputError(
            f"{file}:{line or 1}: this kind cannot be read: {type(error).__name__}: {error}"
        ) from None
    return module


def carried() -> dict[str, tuple[str, str]]:
    """Return path and text of the users' kinds that were read so far, by the name of their module."""
    own = {name: module for name, module in sys.modules.items() if name.startswith(_OWN)}
    return {name: (str(module.__file__), str(module.__dict__[_TEXT])) for name, module in own.items()}


def settle(found: dict[str, tuple[str, str]]) -> None:
    """Make the kinds known that another process has `carried`: their files need not lie on this machine."""
    for name, (file, text) in found.items():
        if name not in sys.modules:
            module = ModuleType(name)
            module.__file__ = file
            module.__dict__[_TEXT] = text
            sys.modules[name] = module
            exec(compile(text, file, "exec"), module.__dict__)


def kinds(*folders: Path) -> dict[str, dict[str, type]]:
    """Return all kinds by room and name, built-in and in ``interventions/``, ``shocks/`` of folders."""
    return {
        room: {name: kind_class(room, name, file) for name, file in sorted(kind_files(room, folders).items())}
        for room in ROOMS
    }
