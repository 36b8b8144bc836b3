"""The score card: every case run, every target held against what came out."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.verification import published
from cohesion_sim.verification.targets import Case, Target, cases

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("case", "target", "expected", "low", "high", "got", "verdict", "seconds", "source", "reason")


def chosen(names: Iterable[str], known: Mapping[str, Case]) -> list[Case]:
    """Return the cases of some names (``V1``, or the module's ``v1_bounded_confidence``); all where none is named.

    Raises
    ------
    InputError
        For every name that is no case, with the nearest one.
    """
    short = {name: case for case in known.values() for name in (case.name, case.module)}
    asked = list(dict.fromkeys(name.lower() for name in names))
    unknown = [name for name in asked if name not in short]
    if unknown:
        raise InputError(*(f"{name}: no such case{_near(name, short, known)}" for name in unknown))
    picked = {short[name].name for name in asked} or set(known)
    return [case for case in known.values() if case.name in picked]


def _near(name: str, short: Mapping[str, Case], known: Mapping[str, Case]) -> str:
    """Return the nearest name of a case, or all short ones."""
    close = nearest(name, short)
    return close if "did you mean" in close else nearest("", known)


def score(
    names: Sequence[str] = (),
    *,
    quick: bool = False,
    trials: bool = False,
    folder: str | Path | None = None,
    progress: Callable[[Case], None] | None = None,
) -> DataFrame:
    """Return the score card as a frame, one target a row.

    Parameters
    ----------
    names
        Cases to run, published trials among them; all limiting cases when empty.
    trials
        When no names are given: live through the published trials too.
    quick
        Leave out what takes long; targets that are not measured then are left out too.
    folder
        Where the targets stand, if not with the package.
    progress
        Called with each case before it runs.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: ``verdict`` is ``pass``, ``miss`` or ``n/a`` (with a ``reason``), ``seconds`` those of the
        whole case.

    Raises
    ------
    InputError
        For unknown cases, mistakes in the files, and names that targets and measured numbers do not share.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    limits = cases(folder)
    asked_for = trials or any(name.lower().startswith("e") for name in names)
    lived_through = published.published() if asked_for else {}
    if quick and asked_for:
        raise InputError("--quick: few trials say nothing about bands that hold for many. Leave --quick out")
    wanted = names or [*limits, *(lived_through if trials else ())]
    for case in chosen(wanted, {**limits, **lived_through}):
        if progress is not None:
            progress(case)
        start = time.perf_counter()
        if case.name in lived_through:
            found = published.lived(case)
            rows += [{**row, "seconds": round(time.perf_counter() - start, 2)} for row in found]
            continue
        measured = importlib.import_module(f"cohesion_sim.verification.{case.module}").measure(quick)
        seconds = time.perf_counter() - start
        rows += held_against(case, measured, quick=quick, seconds=seconds)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"low": float, "high": float, "got": float})


def held_against(
    case: Case, measured: Mapping[str, float], *, quick: bool, seconds: float = 0.0
) -> list[dict[str, object]]:
    """Return one row of the card for every target of a case.

    Raises
    ------
    InputError
        If a target is not measured, or a measured number has no target.
    """
    wanted = [target for target in case.targets if not target.reason and (target.quick or not quick)]
    names = [target.name for target in wanted]
    run = " in the quick run" if quick else ""
    mistakes = [
        f"{case.file}:{target.line}: target '{target.name}' is not measured{run} by {case.module}"
        f"{nearest(target.name, measured)}"
        for target in wanted
        if target.name not in measured
    ]
    mistakes += [
        f"{case.file}: '{name}' is measured{run} by {case.module} and has no target for it. Add a [[target]]"
        for name in measured
        if name not in names
    ]
    if mistakes:
        raise InputError(*mistakes)
    shown = [target for target in case.targets if target.reason or target in wanted]
    return [_row(case, target, measured, seconds) for target in shown]


def _row(case: Case, target: Target, measured: Mapping[str, float], seconds: float) -> dict[str, object]:
    return {
        "case": case.name.upper(),
        "target": target.name,
        "expected": target.text,
        "low": target.low,
        "high": target.high,
        "got": None if target.reason else measured[target.name],
        "verdict": "n/a" if target.reason else target.verdict(measured[target.name]),
        "seconds": round(seconds, 2),
        "source": case.source,
        "reason": target.reason,
    }
