"""Studies from the plan to the tables: run, resume, look how far it is, verify, export."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cohesion_sim import files
from cohesion_sim.experiment import Experiment
from cohesion_sim.parameters import InputError
from cohesion_sim.randomness import Luck
from cohesion_sim.studies import conclude, engine, lived
from cohesion_sim.studies import export as exporting
from cohesion_sim.studies.doing import Doing, Progress, failed_runs
from cohesion_sim.studies.plan import plan
from cohesion_sim.studies.runs import Part, Plan, Round, Run
from cohesion_sim.studies.store import Store, told_of

Announce = Callable[[str], None]


def conduct(
    experiment: str | Path | Mapping[str, Any] | Experiment,
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
    announce: Announce | None = None,
    dashboard: bool = False,
) -> Store:
    """Return the finished study of an experiment, in the folder ``out``.

    Parameters
    ----------
    experiment
        A file, the name of one that comes with the package, or its entries.
    out
        A new folder. The plan is there before the first run; killed at any moment, `resume` goes on.
    workers
        Processes; one for each core when not given; 0: none but this.
    scheduler
        Address of a Dask cluster to use instead.
    force
        Replace the study or result that is there.
    progress, announce
        Called with runs done, runs in all and failures so far; and with a sentence for the user.
    dashboard
        Announce the address of Dask's own page of what goes on.

    Raises
    ------
    InputError
        If the experiment is wrong (before anything starts); `StoppedError`, if the study could not go on.
    """
    with _on_file(experiment) as file:
        made = plan(file)
        store = Store.made(made, out, force=force)
    return _go_on(store, made, workers, scheduler, progress, announce, dashboard)


def resume(
    folder: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    announce: Announce | None = None,
    dashboard: bool = False,
) -> Store:
    """Return the study of a folder, finished: parts that are there are not done again.

    Raises
    ------
    InputError
        If there is no study, its files were changed, another version is installed, or somebody is at work on it.
    """
    store = Store.opened(folder)
    if store.complete:
        return store
    return _go_on(store, store.plan(), workers, scheduler, progress, announce, dashboard)


@contextmanager
def _on_file(given: str | Path | Mapping[str, Any] | Experiment) -> Iterator[str | Path]:
    """Yield the path of an experiment; entries given in Python are written to a file for a moment."""
    if isinstance(given, str | Path):
        yield given
        return
    here = Path.cwd()
    if isinstance(given, Experiment):
        file = given.folder / f"{given.name}.toml"
        if given.text and file.is_file() and files.load_design(file, Experiment, lambda _: ()) == given:
            yield file
            return
        # Made or changed in Python: no file says what it says.
        here = given.folder if given.text else here
        given = {k: v for k, v in dataclasses.asdict(given).items() if k not in ("name", "folder", "text")}
    import tomli_w

    entries = _without_none(given)
    # Files are named as seen from here, not from the folder for a moment.
    entries["scenarios"] = [
        str(files.beside(here, name)) if isinstance(name, str) else name
        for name in entries.get("scenarios", ())
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiment.toml"
        path.write_text(tomli_w.dumps(entries), "utf-8")
        yield path


def _without_none(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return entries as TOML can say them."""
    out: dict[str, Any] = {}
    for name, value in entries.items():
        if isinstance(value, Mapping):
            out[name] = _without_none(value)
        elif value is not None:
            out[name] = list(value) if isinstance(value, tuple) else value
    return out


# ------------------------------------------------------------------------------------------ doing


def _go_on(
    store: Store,
    made: Plan,
    workers: int | None,
    scheduler: str | None,
    progress: Progress | None,
    announce: Announce | None,
    dashboard: bool,
) -> Store:
    """Do what is not done yet, then write the tables."""
    with store.locked(), ExitStack() as stack:
        store.tidy()
        doing = Doing(store, made, progress)
        processes: engine.Engine | None = None
        now: Round | None = made.first_round()
        while now is not None:
            missing = doing.begin(now)
            if missing and processes is None:
                # While the processes start. What they ask for comes after it, so no two compile at the same time.
                preparing = threading.Thread(target=_prepare, args=(made, announce), daemon=True)
                preparing.start()
                processes = stack.enter_context(engine.opened(workers, scheduler, dashboard=dashboard))
                preparing.join()
                if processes.dashboard and announce is not None:
                    announce(f"Dashboard: {processes.dashboard}")
            if missing and processes is not None:
                doing.do(processes, now, missing)
            now = doing.end(now)
        conclude.finish(store, made, doing.runs)
    return store


def _prepare(made: Plan, announce: Announce | None) -> None:
    """Compile the rules once, so that no two processes do it at the same time."""
    from cohesion_sim.studies.execute import replication_seed, warm_up

    warm_up(next(iter(made.scenarios.values())), replication_seed(made.experiment.seed, 0), announce)


# ------------------------------------------------------------------------------------------ looking


@dataclass(frozen=True, slots=True)
class Status:
    """How far a study is. ``runs`` may grow when the experiment asks for runs until an interval is narrow."""

    question: str
    runs: int
    done: int
    failed: int
    at_work: bool
    complete: bool
    seconds_left: float | None


def status(folder: str | Path) -> Status:
    """Return how far a study is; it may be running elsewhere. Raises `InputError` when there is none."""
    store = Store.opened(folder)
    told = store.description
    done = failed = 0
    ends = []
    for path in store.parts():
        runs, failures = told_of(path)
        done, failed = done + runs, failed + failed_runs(failures)
        ends.append((path.stat().st_mtime, runs))
    try:
        with store.locked(0.0):
            at_work = False
    except InputError:
        at_work = True
    runs = max(int(told["runs"]), done)
    last = sorted(ends)[-RECENT:]
    seconds = last[-1][0] - last[0][0] if last else 0.0
    speed = sum(runs for _, runs in last[1:]) / seconds if seconds > 0 else 0.0
    left = (runs - done) / speed if at_work and speed else None
    return Status(told["question"], runs, done, failed, at_work, store.complete, left)


RECENT = 50  # parts by which the speed is told


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of running some runs again: how many, and those of which any bit differed."""

    runs: int
    differing: tuple[int, ...]


def verify(
    folder: str | Path,
    *,
    share: float = 0.05,
    seed: int = 1,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Return what came of doing a share of the runs again, drawn under ``seed``; at least one.

    Raises
    ------
    InputError
        If the share is not above 0 and at most 1, or there is no study that could be repeated here.
    """
    if not 0 < share <= 1:
        raise InputError(f"share: {share} is not allowed. Write a number above 0 and at most 1")
    store = Store.opened(folder)
    made = store.plan()
    known: dict[int, tuple[Path, Run]] = {}
    for path in store.parts():
        keys = store.part(path, ["run", "point", "replication"])
        for run, point, replication in zip(*(column.to_pylist() for column in keys.columns), strict=True):
            known[run] = path, Run(run, point, replication)
    if not known:
        raise InputError(f"{store.folder}: no run is done that could be repeated. Go on: cohesion-sim study resume")
    order = Luck(seed, "verify").shuffled("run", 0, np.array(sorted(known), np.int64)).tolist()
    chosen = sorted(order[: max(1, round(share * len(order)))])
    differing = []
    items = (Part(0, (known[run][1],)) for run in chosen)
    _prepare(made, None)
    with engine.opened(workers, scheduler) as processes:
        again = processes.each(lived.live, made, items)
        for number, (part, found) in enumerate(again, 1):
            run = part.runs[0].number
            if isinstance(found, engine.Failed):
                raise InputError(f"{store.folder}: run {run} cannot be repeated here: {found.message}")
            if not _same(store, known[run][0], run, found):
                differing.append(run)
            if progress is not None:
                progress(number, len(chosen), len(differing))
    return Verified(len(chosen), tuple(sorted(differing)))


def _same(store: Store, path: Path, run: int, found: lived.Lived) -> bool:
    """Return whether a run has the same bytes as before, failures of single arms included."""
    import pyarrow.compute as pc

    rows = store.part(path)
    failures = [row for row in told_of(path)[1] if row["run"] == run]
    before = rows.filter(pc.equal(rows["run"], run)).combine_chunks()
    return lived.encoded(before, failures, 1) == found.table


def export(folder: str | Path, out: str | Path, *, partial: bool = False, force: bool = False) -> Path:
    """Return the file into which the table of a study was written (`studies.export`).

    Raises
    ------
    InputError
        If the study is not finished and ``partial`` is not said.
    """
    store = Store.opened(folder)
    if not store.complete and not partial:
        raise InputError(
            f"{store.folder}: is not finished. Go on: cohesion-sim study resume {store.folder}; or export what there "
            "is with --partial (in Python: partial=True)"
        )
    if not store.parts():
        raise InputError(f"{store.folder}: no run is done yet. Go on: cohesion-sim study resume {store.folder}")
    return exporting.export(store, store.plan(), out, force=force)
