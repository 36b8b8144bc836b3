"""A folder for a result: looked at first, filled aside, and in its place complete or not at all."""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohesion_sim.parameters import InputError, StoppedError
from cohesion_sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

MADE_BY = "cohesion-sim"
UNFINISHED = ".unfinished"  # how the name of a file ends that is being written
PLAN = "plan.json"  # of a study that may not be finished
PACKAGES = ("cohesion-sim", "mesa", "networkx", "numpy", "numba", "scipy", "pandas", "matplotlib", "pyarrow")


def check_folder(folder: str | Path, *, force: bool = False) -> Path:
    """Return the folder as a path if a result may be written there, else raise `InputError`.

    An existing result is replaced only with ``force``, and a folder that holds anything else never. Nothing is
    written, but it is tried whether something could be.
    """
    path = Path(folder).expanduser().absolute()
    _probe(path)
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise InputError(f"{path}: is not a folder; choose another (--out)")
    if path.is_dir() and any(path.iterdir()):
        if not _is_ours(path):
            raise InputError(
                f"{path}: holds something else than a result (no manifest.json of {MADE_BY}); "
                "choose another folder (--out)"
            )
        if not force:
            raise InputError(
                f"{path}: a result is already there; choose another folder (--out), or replace it with --force "
                "(in Python: force=True)"
            )
    return path


def _probe(path: Path) -> None:
    """Refuse a folder that cannot be made, before hours of runs are lost on it; nothing is left behind."""
    made: list[Path] = []
    try:
        # The names that will be needed, so that names that are too long are found too.
        for folder in (*reversed(path.parents), _part(path)):
            if not folder.is_dir():
                folder.mkdir()
                made.append(folder)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}); choose another folder (--out)"
        ) from None
    finally:
        for folder in reversed(made):
            folder.rmdir()


def _part(path: Path) -> Path:
    """Return where a result is put together before it appears."""
    return path.parent / f".{path.name}.{os.getpid()}.part"


@contextmanager
def appearing(folder: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty folder to fill; after the block it stands at ``folder``, after an error nothing is left of it.

    Raises
    ------
    InputError
        If the folder must not be replaced (`check_folder`); `StoppedError`, if the disk is full.
    """
    path = check_folder(folder, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _part(path)
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        yield part
        check_folder(path, force=force)
        _put(part, path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG):
            raise
        raise stopped(path, error, "Make room, and give the same command again") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def alone_in(folder: Path, words: str, patience: float = 0.0) -> Iterator[None]:
    """Let nobody else work in a folder, on any system.

    Raises
    ------
    InputError
        With ``words``, when somebody does for longer than ``patience`` seconds.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock", timeout=patience)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(f"{folder}: {words}") from None
    try:
        yield
    finally:
        lock.release()


def write_whole(path: Path, data: bytes, mend: str) -> None:
    """Write a file that is there complete, also after the power fails, or not at all.

    Raises
    ------
    StoppedError
        With ``mend``, what to do, when the disk does not take it.
    """
    aside = path.with_name(f"{path.name}{UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        _settled(path.parent)
    except OSError as error:
        try:
            aside.unlink(missing_ok=True)
        finally:
            raise stopped(path, error, mend) from None


def stopped(path: Path, error: OSError, mend: str) -> StoppedError:
    """Return why a file cannot be written, and what to do: ``mend``."""
    there = next(folder for folder in path.parents if folder.is_dir())
    free = shutil.disk_usage(there).free / 1e6
    return StoppedError(
        f"{path}: cannot be written ({error.strerror or error}; {free:,.0f} MB free). What is done is kept. {mend}"
    )


def _settled(folder: Path) -> None:
    """Let a new name in a folder survive a power failure, where the system knows how."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


PARQUET: dict[str, Any] = {"compression": "zstd", "version": "2.6", "data_page_version": "1.0", "store_schema": True}
"""How tables are packed, said in full: the same bytes whatever a new version of the library would choose."""


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a small frame as a Parquet file without anything that differs between times or machines."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None), sink, **PARQUET)
    return bytes(sink.getvalue())


def _is_ours(folder: Path) -> bool:
    """Return whether a folder holds a result of this program, or a study that may not be finished."""
    for name in ("manifest.json", PLAN):
        try:
            found = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and found.get("made_by") == MADE_BY:
            return True
    return False


def _put(part: Path, path: Path) -> None:
    """Move the complete result to its place; the one it replaces goes only after that."""
    old = path.parent / f".{path.name}.{os.getpid()}.old"
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    try:
        part.rename(path)
    except BaseException:
        if old.exists() and not path.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


@functools.cache
def version() -> str:
    """Return the version of the installed package."""
    try:
        return metadata.version("cohesion-sim")
    except metadata.PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """Return the versions of the packages that made the result."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def circumstances(scenario: Scenario) -> dict[str, Any]:
    """Return what any result is made with: versions, machine, the scenario and what the user changed in it."""
    changed = {path: number.value for path, number in scenario.provenance.items() if number.mark == "user"}
    return {
        "made_by": MADE_BY,
        "versions": versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "scenario": scenario.name,
        "set_by_the_user": changed,
    }


def text_of(scenario: Scenario) -> dict[str, str]:
    """Return the text of the scenario's files and its SHA-256."""
    return {
        "scenario_sha256": hashlib.sha256(scenario.text.encode()).hexdigest(),
        "scenario_text": scenario.text,
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a table of entries as JSON for readers."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
