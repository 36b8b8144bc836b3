"""All municipalities of a country, in processes of this machine or on a cluster; what is done is never done again."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohesion_sim.fields import maybe, one_of
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError
from cohesion_sim.studies import engine
from cohesion_sim.studies.country.live import live
from cohesion_sim.studies.country.load import load_country
from cohesion_sim.studies.country.parts import Parts
from cohesion_sim.studies.country.places import Loaded, Place, places

if TYPE_CHECKING:
    from pandas import DataFrame

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryResult:
    """The tables of a country.

    ``municipalities``: a row each, with its measures over the first year of its district, without and with.
    ``months``: headline, spending and people reached of the whole, by month. ``failures``: number and message.
    """

    loaded: Loaded
    regions: tuple[str, ...]
    municipalities: DataFrame
    months: DataFrame
    failures: DataFrame
    seconds: float
    done_before: int = 0
    workers: int = 1
    places: Sequence[Place] = field(default_factory=tuple, repr=False)


def country(
    file: str | Path | Loaded,
    out: str | Path,
    *,
    regions: Sequence[str] = (),
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> CountryResult:
    """Return the tables of a country with and without its programme.

    Parameters
    ----------
    file
        Name or path of a country file, or what `load_country` made of it.
    out
        Folder of the result to come; beside it, in ``OUT.unfinished``, every municipality is written down as soon as
        it is done. The same call goes on with what lies there.
    regions
        Only these; their municipalities are the same as in the whole country.
    workers, scheduler
        As in `studies.engine.opened`.
    force
        Whether the result that is there may be replaced, and another country that was begun given up.
    progress
        Called with (municipalities done, municipalities in all).

    Raises
    ------
    InputError
        If the file, a name or the folder is not right, or nothing could be computed; `StoppedError` if the disk is
        full.
    """
    began = time.perf_counter()
    loaded = file if isinstance(file, Loaded) else load_country(file)
    chosen = chosen_regions(loaded, regions)
    wanted = [place for place in places(loaded) if place.region in chosen]
    parts = Parts(out, _plan(loaded, wanted), force=force)
    with parts.begun():
        before, failures, used = _lived(loaded, wanted, parts, (workers, scheduler), progress)
    rows = parts.rows()
    if not rows:
        told = failures[0]["message"] if failures else "there is none"
        raise InputError(f"{loaded.design.name}: no municipality could be computed. The first says: {told}")
    return CountryResult(
        loaded=loaded,
        regions=chosen,
        municipalities=_municipalities(rows),
        months=_months(rows),
        failures=_frame(failures),
        seconds=time.perf_counter() - began,
        done_before=before,
        workers=used,
        places=tuple(wanted),
    )


def _lived(
    loaded: Loaded,
    wanted: Sequence[Place],
    parts: Parts,
    where: tuple[int | None, str | None],
    progress: Progress | None,
) -> tuple[int, list[dict[str, Any]], int]:
    """Live through what is not done yet; return how many were done before, the failures, and the processes used."""
    before = parts.done()
    # The largest first, so that no process is left alone with one at the end.
    waiting = sorted((p for p in wanted if p.number not in before), key=lambda p: (-p.residents, p.number))
    failures: list[dict[str, Any]] = []
    if not waiting:
        return len(before), failures, 0
    with engine.opened(*where) as processes:
        # Nothing gathers in memory: an answer is written down as soon as it comes.
        for done, (place, found) in enumerate(processes.each(live, loaded, waiting), len(before) + 1):
            if isinstance(found, engine.Failed):
                failures.append({"number": place.number, "district": place.district, "message": found.message})
            else:
                parts.write(place.number, found)
            if progress is not None:
                progress(done, len(wanted))
        return len(before), failures, processes.workers


def chosen_regions(loaded: Loaded, regions: Sequence[str]) -> tuple[str, ...]:
    """Return the regions to compute: those named, or all. Raises `InputError` for an unknown one."""
    known = loaded.design.regions
    wrong = [
        f"--regions: no region '{name}'{maybe(name, known)}. Write {one_of(known)}"
        for name in regions
        if name not in known
    ]
    if wrong:
        raise InputError(*wrong)
    return tuple(name for name in known if not regions or name in regions)


def _plan(loaded: Loaded, wanted: Sequence[Place]) -> dict[str, Any]:
    """Return all that decides the result: what computes, file, scenarios, and every municipality with its seed."""
    return {
        "computed_with": engine.computed_with(*loaded.scenarios.values()),
        "file": loaded.design.text,
        "scenarios": {
            name: hashlib.sha256(scenario.text.encode()).hexdigest() for name, scenario in loaded.scenarios.items()
        },
        "municipalities": [dataclasses.asdict(place) for place in wanted],
    }


def _frame(failures: list[dict[str, Any]]) -> DataFrame:
    import pandas as pd

    failures.sort(key=lambda row: int(row["number"]))
    return pd.DataFrame(failures, columns=["number", "district", "message"])


def _municipalities(rows: list[dict[str, Any]]) -> DataFrame:
    """Return a row a municipality."""
    import pandas as pd

    return pd.DataFrame([{key: value for key, value in row.items() if key != "months"} for row in rows])


def _months(rows: list[dict[str, Any]]) -> DataFrame:
    """Return a row a month: counts and money as sums, states as means over residents, share of people begun."""
    import numpy as np
    import pandas as pd

    residents = np.array([row["residents"] for row in rows], float)
    names = list(rows[0]["months"])
    table = {name: np.array([row["months"][name] for row in rows], float) for name in names}
    out: dict[str, Any] = {"month": np.arange(1, len(rows[0]["months"][names[0]]) + 1)}
    for name, values in table.items():
        measure = MEASURES[name.rpartition(" ")[0]]
        known = np.isfinite(values)
        if measure.flow or measure.name == "reached":
            out[name] = np.where(known, values, 0).sum(axis=0)
        else:
            weights = residents[:, None] * known
            out[name] = (weights * np.where(known, values, 0)).sum(axis=0) / weights.sum(axis=0)
    begun = np.array([row["start"] for row in rows], float)
    ends = 4 * out["month"]
    out["begun"] = [(residents[(begun >= 0) & (begun < end)]).sum() / residents.sum() for end in ends]
    return pd.DataFrame(out)
