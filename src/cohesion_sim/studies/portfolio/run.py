"""A portfolio file answered: the race of its mixes through the engine, and the best mix seen closely."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cohesion_sim import files, municipality
from cohesion_sim.measures import MEASURES
from cohesion_sim.mixes import Mixes, fewest_runs, mixes, portfolio_of, programme_of
from cohesion_sim.model import CohesionModel
from cohesion_sim.parameters import MOST_SEED, InputError, whole
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import engine, execute
from cohesion_sim.studies.effects import LAST
from cohesion_sim.studies.portfolio.kept import Lived, Lost, forget, kept, path_of, read, written
from cohesion_sim.studies.portfolio.race import Floats, Rows, race, scores
from cohesion_sim.studies.portfolio.tables import front_table, mixes_table, sound
from cohesion_sim.studies.portfolio.uncertain import another_world
from cohesion_sim.studies.ranking import outcomes_of

if TYPE_CHECKING:
    import pandas as pd

    from cohesion_sim.studies.results import Result

Progress = Callable[[int, int], None]
BEST = "best_mix"
"""The best mix, as a programme of the scenario."""
CLOSELY = 20
"""Replications of the best mix, for what it changes and for whom."""
IN_ONE_TASK = 6  # mixes that live through one replication in one process, and share its people


@dataclass(frozen=True, kw_only=True, eq=False)
class PortfolioResult:
    """What a portfolio file gave.

    Attributes
    ----------
    scenario, seed
        What was asked; ``scenario.programmes`` has the best mix under `BEST`.
    outcomes, scored
        The measures, and what the race was run by: these measures, or their weighted sum ("score").
    best
        Number of the best mix by each of ``scored``.
    mixes
        One row a mix that was tried: see `tables.mixes_table`.
    front
        Mixes that no other beats in cost and every outcome: see `tables.front_table`.
    rounds
        replications, took_part, left.
    possible, runs
        How many mixes can be bought, and runs spent.
    closely
        Runs of the best mix with and without it, as of `execute.run`; of the first of ``scored``.
    failures
        mix (0: the run without a programme), replication, message.
    seconds
        Time taken.
    kept
        Where the rounds of the race lie until the result is written.
    """

    scenario: Scenario
    seed: int
    outcomes: tuple[str, ...]
    scored: tuple[str, ...]
    best: dict[str, int]
    mixes: pd.DataFrame = field(repr=False)
    front: pd.DataFrame = field(repr=False)
    rounds: pd.DataFrame = field(repr=False)
    possible: int
    runs: int
    closely: Result
    failures: pd.DataFrame = field(repr=False)
    seconds: float
    kept: Path | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every process needs to know."""

    scenario: Scenario
    mixes: Mixes
    outcomes: tuple[str, ...]
    seed: int


def portfolio(
    scenario: str | Path | Scenario,
    *,
    runs: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    scheduler: str | None = None,
    keep: str | Path | None = None,
    progress: Progress | None = None,
) -> PortfolioResult:
    """Return the best mixes of a portfolio file, how sure that is, and what cannot be told apart.

    Parameters
    ----------
    scenario
        Path of a portfolio file, or a `Scenario` with a portfolio.
    runs
        Runs to spend at most; as in the file when not given.
    seed
        The same number gives the same tables, on any number of workers.
    workers, scheduler
        Processes, or the address of a Dask cluster: see `engine.opened`.
    keep
        A folder in which rounds are kept as they are done: asked again after a stop, the race goes on. They stay there
        until `write_portfolio` has written the result.
    progress
        Called with (runs done, runs at most).

    Raises
    ------
    InputError
        If the file has no portfolio, a number is not allowed, or no mix could be lived through.
    """
    import pandas as pd

    started = time.perf_counter()
    loaded = scenario if isinstance(scenario, Scenario) else files.load_scenario(scenario)
    asked = portfolio_of(loaded)
    whole("seed", seed, 0, MOST_SEED)
    outcomes = asked.outcomes or outcomes_of(loaded)
    found = mixes(loaded)
    most_runs = asked.runs if runs is None else whole("runs", runs, fewest_runs(found), 10_000_000)
    luck = Luck(seed, "portfolio")
    failures: list[Lost] = []
    with engine.opened(workers, scheduler) as processes, kept(keep, loaded, seed, most_runs) as folder:
        lived = _Lived(processes, _Asked(loaded, found, outcomes, seed), folder, failures, progress, most_runs)
        weights = [asked.weights[name] for name in outcomes] if asked.weights else []
        raced = race(
            lambda rows, replications: scores(lived(rows, replications), weights),
            _features(found)[1:],
            runs=most_runs,
            most=asked.replications,
            luck=luck,
        )
        if not sound(raced):
            if folder is not None:
                forget(folder)  # what failed may not fail again
            first = failures[0]["message"]
            raise InputError(f"{loaded.name}: no mix could be lived through. The first run that failed says: {first}")
    scored = ("score",) if weights else outcomes
    table = mixes_table(loaded, found, raced, lived.gains, lived.spent, outcomes, scored, luck)
    best = {name: int(table.loc[table[f"{name}_rank"] == 1, "mix"].iloc[0]) for name in scored}
    chosen = programme_of(loaded, found.dose[best[scored[0]]], BEST)
    shown = dataclasses.replace(loaded, programmes={**loaded.programmes, BEST: chosen})
    return PortfolioResult(
        scenario=shown,
        seed=seed,
        outcomes=outcomes,
        scored=scored,
        best=best,
        mixes=table,
        front=front_table(table, raced, lived.gains, outcomes, best.values(), luck),
        rounds=pd.DataFrame(raced.rounds, columns=["replications", "took_part", "left"]),
        possible=len(found) - 1,
        runs=raced.runs,
        closely=execute.run(
            shown, programmes=[BEST], replications=min(CLOSELY, asked.replications), seed=seed, workers=workers or None
        ),
        failures=pd.DataFrame(failures, columns=["mix", "replication", "message"]),
        seconds=time.perf_counter() - started,
        kept=folder,
    )


def _features(found: Mixes) -> np.ndarray:
    """Return what each mix has, one column for each dose of each entry; shape (mixes, doses)."""
    return np.column_stack([column == dose for column in found.dose.T for dose in range(1, column.max() + 1)])


class _Lived:
    """Lets mixes live, and keeps what they gained and spent by mix; the race counts mixes without the empty one."""

    def __init__(
        self,
        processes: engine.Engine,
        asked: _Asked,
        folder: Path | None,
        failures: list[Lost],
        progress: Progress | None,
        runs: int,
    ) -> None:
        self._processes, self._asked, self._folder, self._failures = processes, asked, folder, failures
        self._progress, self._runs = progress, runs
        self._round = 0
        self._done = 0
        self._levels: dict[tuple[int, int], list[float]] = {}  # (mix, replication): outcomes, then USD
        self._void: set[int] = set()  # replications of which the run without a programme failed
        self.gains: dict[int, Floats] = {}
        self.spent: dict[int, Floats] = {}

    def __call__(self, rows: Rows, replications: range) -> Floats:
        """Return the gains, shape (mixes, replications whose run without a programme was completed, outcomes)."""
        wanted = [int(row) + 1 for row in rows]
        open_still = [r for r in replications if r not in self._void]
        items = []
        for replication in open_still:
            twin = [] if (0, replication) in self._levels else [0]
            arms = [*twin, *wanted]
            items += [(replication, tuple(arms[k : k + IN_ONE_TASK])) for k in range(0, len(arms), IN_ONE_TASK)]
        for mix, replication, levels in self._round_of(items):
            self._levels[mix, replication] = levels
        self._void |= {r for r in open_still if (0, r) not in self._levels}
        counted = [r for r in open_still if r not in self._void]
        better = np.array([MEASURES[name].better for name in self._asked.outcomes], np.float64)
        twins = self._of(0, counted)
        out = np.empty((len(wanted), len(counted), len(better)))
        for k, mix in enumerate(wanted):
            change = self._of(mix, counted) - twins
            out[k] = change[:, :-1] * better
            self.gains[mix] = np.concatenate([self.gains.get(mix, out[k, :0]), out[k]])
            self.spent[mix] = np.concatenate([self.spent.get(mix, change[:0, -1]), change[:, -1]])
        return out

    def _of(self, mix: int, replications: Sequence[int]) -> Floats:
        """Return outcomes and USD of a mix, shape (replications, outcomes and USD); NaN where it failed."""
        width = len(self._asked.outcomes) + 1
        lost = [float("nan")] * width
        return np.array([self._levels.get((mix, r), lost) for r in replications], np.float64).reshape(-1, width)

    def _round_of(self, items: list[tuple[int, tuple[int, ...]]]) -> list[Lived]:
        """Return mix, replication and levels of all that lived in a round, from the folder when they lived before."""
        self._round += 1
        path = None if self._folder is None else path_of(self._folder, self._round)
        if path is not None and path.is_file():
            rows, lost = read(path)
        else:
            rows, lost = [], []
            answers = self._processes.each(_live, self._asked, items, split=_singly)
            for (replication, arms), found in answers:
                if isinstance(found, engine.Failed):
                    lost += _all_lost(arms, replication, found.message)
                else:
                    rows += found[0]
                    lost += found[1]
                self._tell(len(arms))
            rows.sort()
            lost.sort(key=lambda row: (row["mix"], row["replication"]))
            if path is not None:
                written(path, rows, lost)
        self._failures += lost
        return rows

    def _tell(self, more: int) -> None:
        self._done += more
        if self._progress is not None:
            self._progress(self._done, max(self._runs, self._done))


def _singly(item: tuple[int, tuple[int, ...]]) -> list[tuple[int, tuple[int, ...]]]:
    """Return the mixes of a task one by one."""
    return [(item[0], (mix,)) for mix in item[1]]


def _all_lost(arms: Sequence[int], replication: int, message: str) -> list[Lost]:
    return [{"mix": mix, "replication": replication, "message": message} for mix in arms]


def _live(asked: _Asked, item: tuple[int, tuple[int, ...]]) -> tuple[list[Lived], list[Lost]]:
    """Return what became of some mixes in one replication, and what failed."""
    replication, arms = item
    scenario = asked.scenario
    own_seed = execute.replication_seed(asked.seed, replication)
    try:
        if portfolio_of(scenario).robust:
            scenario = another_world(scenario, asked.seed, replication)
        start = municipality.build(scenario, own_seed)
    except Exception as error:
        return [], _all_lost(arms, replication, engine.in_one_line(error))
    rows: list[Lived] = []
    lost: list[Lost] = []
    for mix in arms:
        try:
            programme = programme_of(scenario, asked.mixes.dose[mix], f"mix {mix}" if mix else "nothing")
            model = CohesionModel(scenario, programme, rng=own_seed, start=start)
            model.run_model()
            rows.append((mix, replication, _levels(model, asked.outcomes)))
            model.__dict__.clear()  # Mesa's wrapped step makes a cycle: let go of the arrays now
        except Exception as error:
            lost += _all_lost([mix], replication, engine.in_one_line(error))
    return rows, lost


def _levels(model: CohesionModel, outcomes: Sequence[str]) -> list[float]:
    """Return the outcomes for all residents (counts of the whole run, means of the last weeks), and the USD spent.

    Raises
    ------
    InputError
        If an outcome has no value in this run.
    """
    weekly = model.record.table()[:, 0]
    names = list(MEASURES)
    values = []
    for name in (*outcomes, "spending"):
        column = weekly[:, names.index(name)]
        known = column if MEASURES[name].flow else column[-LAST:]
        known = known[np.isfinite(known)]
        if not known.size:
            raise InputError(f"{name} has no value in this run: there was nobody it is asked of")
        values.append(float(known.sum() if MEASURES[name].flow else known.mean()))
    return values
