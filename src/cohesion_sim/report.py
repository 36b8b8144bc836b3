"""The folder that a run leaves behind: a readable report, tables, pictures, and how they were made."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohesion_sim import figures as draw
from cohesion_sim import pages
from cohesion_sim.parameters import InputError
from cohesion_sim.sentences import looked_at
from cohesion_sim.studies.effects import by_group
from cohesion_sim.studies.ranking import cost_effectiveness, outcomes_of, pairs, ranking

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.studies.results import Result


MADE_BY = "cohesion-sim"
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


def write(result: Result, folder: str | Path, *, force: bool = False, effects: DataFrame | None = None) -> Path:
    """Write the whole result into ``folder`` and return its path; it appears complete or not at all.

    ``effects`` saves computing ``result.effects()`` again.

    Raises
    ------
    InputError
        If the folder must not be replaced (`check_folder`).
    """
    path = check_folder(folder, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _part(path)
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        _fill(result, result.effects() if effects is None else effects, part)
        check_folder(path, force=force)
        _put(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return path


def _fill(result: Result, effects: DataFrame, folder: Path) -> None:
    """Write every file of the result into an empty folder."""
    start = time.perf_counter()
    result.weekly.to_parquet(folder / "weekly.parquet", engine="pyarrow", index=False)
    outcomes = outcomes_of(result.scenario)
    tables = {
        "summary": result.summary(),
        "effects": effects,
        "people": result.people,
        "disputes": result.disputes,
        "money": result.money,
        "participants": result.participants,
        "survey": result.survey,
        "cost": cost_effectiveness(result.weekly, result.money, outcomes),
    }
    if len(result.programmes) > 1:
        tables["ranking"] = _ranking(result, effects)
        tables["pairs"] = pairs(result.weekly, result.money, outcomes)
    if len(result.failures):
        tables["failures"] = result.failures
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    drawn = pages.pictures(result, effects)
    texts = draw.save({name: figure for name, (figure, _) in drawn.items()}, folder / "figures")
    shown = {name: (draw.inline(texts[name], name, label), label) for name, (_, label) in drawn.items()}
    (folder / "report.html").write_text(pages.page(result, effects, shown, versions()), encoding="utf-8")
    seconds = {**result.seconds, "report": round(time.perf_counter() - start, 3)}
    (folder / "manifest.json").write_text(
        json.dumps(manifest(result, seconds), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _ranking(result: Result, effects: DataFrame) -> DataFrame:
    """Return the ranking with what the municipality pays, and how many results by group are clearly worse."""
    table = ranking(result.weekly, result.money, outcomes_of(result.scenario))
    cost = cost_effectiveness(result.weekly, result.money, outcomes_of(result.scenario))
    own = cost.drop_duplicates("programme").set_index("programme")["own"]
    table["own"] = table["programme"].map(own)
    _, harmed = by_group(effects, looked_at(result))
    table["clearly_worse"] = (
        table["programme"].map(harmed["programme"].astype(str).value_counts()).fillna(0).astype(int)
    )
    return table


def manifest(result: Result, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return how the result was made: versions, machine, scenario, programmes, seeds, seconds, failures."""
    scenario = result.scenario
    changed = {path: number.value for path, number in scenario.provenance.items() if number.mark == "user"}
    return {
        "made_by": MADE_BY,
        "versions": versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "scenario": scenario.name,
        "set_by_the_user": changed,
        "programmes": ["nothing", *result.programmes],
        "weeks": result.weeks,
        "replications": result.replications,
        "seed": result.seed,
        "seconds": {stage: round(float(taken), 3) for stage, taken in seconds.items()},
        "failures": len(result.failures),
        "scenario_sha256": hashlib.sha256(scenario.text.encode()).hexdigest(),
        "scenario_text": scenario.text,
    }


def versions() -> dict[str, str]:
    """Return the versions of the packages that made the result."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _is_ours(folder: Path) -> bool:
    """Return whether a folder holds a result of this program."""
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("made_by") == MADE_BY


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
