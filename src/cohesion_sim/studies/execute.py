"""Runs of a scenario, with and without programmes, paired by seed, in as many threads as there are cores.

The compiled rules let go of Python's lock, so threads share the machine well and nothing is copied between
processes. Each replication builds its municipality once and lives through it in every arm; "nothing" is
always one of them.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim import files, measures, municipality, population
from cohesion_sim.activities import Activities, Draws, Incident, Meeting, PeopleView
from cohesion_sim.compiled import compiling
from cohesion_sim.model import CohesionModel, find_programme
from cohesion_sim.municipality import DISPUTE_KINDS, Municipality
from cohesion_sim.parameters import MOST_SEED, MOST_WEEKS, InputError, whole
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.selection import invited
from cohesion_sim.studies import surveyed
from cohesion_sim.studies.engine import in_one_line

if TYPE_CHECKING:
    import pandas as pd

    from cohesion_sim.record import Outcome
    from cohesion_sim.studies.results import Result

Progress = Callable[[int, int], None]
Announce = Callable[[str], None]
_PATIENCE = 1.5  # seconds of preparation after which the user is told why


def replication_seed(seed: int, replication: int) -> int:
    """Return the seed of a replication, a whole number below 2^63; the same on every machine."""
    digest = hashlib.blake2b(f"{seed}/{replication}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@dataclass(slots=True)
class _Replication:
    """What one replication hands back: outcomes by programme, and what failed."""

    number: int
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    failures: list[tuple[str, int, str, str]] = field(default_factory=list)
    people: list[dict[str, Any]] | None = None
    participants: list[dict[str, Any]] = field(default_factory=list)
    surveys: list[dict[str, Any]] = field(default_factory=list)


def run(
    scenario: str | Path | Scenario,
    *,
    programmes: str | Sequence[str] | None = None,
    weeks: int | None = None,
    replications: int = 20,
    seed: int = 1,
    workers: int | None = None,
    sets: Mapping[str, object] | None = None,
    progress: Progress | None = None,
    announce: Announce | None = None,
) -> Result:
    """Return the tables of a scenario run without a programme and with each of ``programmes``.

    Parameters
    ----------
    scenario
        Name, path or `Scenario`.
    programmes
        Names of the scenario's programmes, one or several; all of them when not given. "nothing" is always run.
    weeks
        How long; the scenario's own number when not given.
    replications
        How many municipalities, each with its own luck; every arm lives through the same ones.
    seed
        Any whole number from 0: the same number gives the same tables, on any number of workers.
    workers
        Threads; the number of cores when not given.
    sets
        Numbers of the scenario to change, by path.
    progress, announce
        Called with (runs done, runs in all), and with a sentence when preparation takes long.

    Raises
    ------
    InputError
        If anything asked for is not known or not allowed.
    """
    started = time.perf_counter()
    chosen = scenario if isinstance(scenario, Scenario) else files.load_scenario(scenario)
    if sets is not None and not isinstance(sets, Mapping):
        raise InputError('sets: write {"name": value}, as in sets={"contact.gain": 0.2}')
    if sets:
        chosen = files.with_values(chosen, sets)
    weeks = chosen.weeks if weeks is None else weeks
    _check(weeks=weeks, replications=replications, seed=seed, workers=1 if workers is None else workers)
    arms = [find_programme(chosen, name) for name in ("nothing", *_named(chosen, programmes))]
    seconds = {"read": time.perf_counter() - started}
    prepared = time.perf_counter()
    warm_up(chosen, replication_seed(seed, 0), announce)
    seconds["prepare"] = time.perf_counter() - prepared
    ran = time.perf_counter()
    done = _all_replications(chosen, arms, weeks, replications, seed, workers or os.cpu_count() or 1, progress)
    seconds["run"] = time.perf_counter() - ran
    return _tables(chosen, [a.name for a in arms[1:]], weeks, replications, seed, done, seconds)


def compare(
    scenario: str | Path | Scenario, programmes: str | Sequence[str] | None = None, **options: Any
) -> pd.DataFrame:
    """Return programmes ranked by effect per cost, with those that cannot be told apart named (see `studies.ranking`).

    ``options`` are those of `run`; all programmes of the scenario are compared when none are named.
    """
    from cohesion_sim.studies import ranking

    result = run(scenario, programmes=programmes, **options)
    return ranking.ranking(result.weekly, result.money, ranking.outcomes_of(result.scenario))


def _check(**numbers: int) -> None:
    """Refuse numbers of runs that make no sense, all of them at once."""
    limits = {"weeks": (1, MOST_WEEKS), "replications": (1, 100_000), "seed": (0, MOST_SEED), "workers": (1, 1024)}
    wrong: list[str] = []
    for name, value in numbers.items():
        try:
            whole(name, value, *limits[name])
        except InputError as error:
            wrong += error.messages
    if wrong:
        raise InputError(*wrong)


def _named(scenario: Scenario, programmes: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of the programmes to run beside "nothing"."""
    if programmes is None or programmes == "all":
        programmes = [name for name in scenario.programmes if name != "nothing"]
    elif isinstance(programmes, str):
        programmes = [name.strip() for name in programmes.split(",")]
    if not programmes:
        raise InputError(f"programmes: none named. Name some of: {', '.join(scenario.programmes) or 'none'}")
    return tuple(dict.fromkeys(name for name in programmes if name != "nothing"))


class _Everything:
    """Uses every compiled rule once, so that none is compiled in the middle of the runs."""

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        pair = invited(people, draws, week, np.ones(people.n, np.bool_), 2)
        return Activities(
            meetings=(Meeting(people=pair, partners=2, setting=0.5),),
            incidents=(Incident(first=int(pair[0]), second=int(pair[1]), kind="youth", level=0),),
        )


def warm_up(scenario: Scenario, seed: int, announce: Announce | None) -> None:
    """Load the compiled rules, or compile them the first time on this machine (and say so when it takes long)."""
    timer = threading.Timer(
        _PATIENCE,
        lambda: announce and announce("Preparing the model for this computer; this happens once and takes a moment."),
    )
    timer.daemon = True
    timer.start()
    try:
        small = replace(scenario, people=replace(scenario.people, size=min(400, scenario.people.size)))
        every = Programme(name="every rule", interventions={"all": _Everything()})
        with compiling():
            CohesionModel(small, every, rng=seed, weeks=1).run_model()
    except Exception:
        pass  # a scenario that cannot be made this small is compiled by its first run; what fails is told there
    finally:
        timer.cancel()


def _all_replications(
    scenario: Scenario,
    arms: Sequence[Programme],
    weeks: int,
    replications: int,
    seed: int,
    workers: int,
    progress: Progress | None,
) -> list[_Replication]:
    """Return all replications in their order; Ctrl-C stops the threads within a week of the model."""
    stop = threading.Event()
    total = replications * len(arms)
    count = 0
    lock = threading.Lock()

    def finished() -> None:
        nonlocal count
        with lock:
            count += 1
            if progress is not None:
                progress(count, total)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting: set[Future[_Replication]] = {
            pool.submit(_replicate, scenario, arms, weeks, seed, number, stop, finished)
            for number in range(replications)
        }
        done: list[_Replication] = []
        try:
            while waiting:
                # Short waits, so that Ctrl-C is heard on every platform.
                ready, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                done.extend(future.result() for future in ready)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return sorted(done, key=lambda replication: replication.number)


def _replicate(
    scenario: Scenario,
    arms: Sequence[Programme],
    weeks: int,
    seed: int,
    number: int,
    stop: threading.Event,
    finished: Callable[[], None],
) -> _Replication:
    """Return one replication: the same municipality in every arm. What fails is noted and the rest goes on."""
    out = _Replication(number)
    own_seed = replication_seed(seed, number)
    try:
        start = municipality.build(scenario, own_seed)
    except Exception as error:
        for arm in arms:
            out.failures.append((arm.name, number, "population", in_one_line(error)))
            finished()
        return out
    if number == 0:
        out.people = population.targets(scenario, start.people)
    for arm in arms:
        if stop.is_set():
            break
        try:
            model = CohesionModel(scenario, arm, rng=own_seed, weeks=weeks, start=start)
            while model.running and not stop.is_set():
                model.step()
            if not model.running:
                out.outcomes[arm.name] = model.record.outcome(model.state)
            model.__dict__.clear()  # Mesa's wrapped step makes a cycle: let go of the arrays now
        except Exception as error:
            out.failures.append((arm.name, number, "run", in_one_line(error)))
        finished()
    twin = out.outcomes.get("nothing")
    without = surveyed.survey(start, twin.final, "nothing", weeks) if twin is not None else None
    for name, outcome in out.outcomes.items():
        if twin is not None and without is not None and outcome is not twin:
            out.participants += _participants(name, number, outcome, twin, start)
            found = surveyed.survey(start, outcome.final, name, weeks)
            out.surveys += surveyed.compared(name, number, without, found)
        if outcome is not twin:
            outcome.final.clear()
    return out


_COMPARED = ("attitude", "norm", "trust", "security")
"""States of residents that are compared with their twins'."""


def _participants(
    name: str, number: int, outcome: Outcome, twin: Outcome, start: Municipality
) -> list[dict[str, Any]]:
    """Return the change of those who took part, were reached, and of all others, against the same people's twins."""
    attended, reached = outcome.final["attended"], outcome.final["reached"]
    rows = []
    for who, mask in (("took part", attended), ("reached", reached & ~attended), ("others", ~reached)):
        asked = mask & start.asked
        row: dict[str, Any] = {"programme": name, "replication": number, "who": who, "people": int(mask.sum())}
        for column in _COMPARED:
            change = outcome.final[column][asked].astype(np.float64) - twin.final[column][asked]
            row[column] = float(change.mean()) if change.size else float("nan")
        row["people_met"] = float(outcome.final["people met"][0]) if who == "took part" else float("nan")
        rows.append(row)
    return rows


def _tables(
    scenario: Scenario,
    programmes: Sequence[str],
    weeks: int,
    replications: int,
    seed: int,
    done: Sequence[_Replication],
    seconds: dict[str, float],
) -> Result:
    """Return the tables of all replications, in the order of programmes and replications."""
    import pandas as pd

    from cohesion_sim.studies.results import Result

    names = ["nothing", *programmes]
    runs = [
        (code, replication.number, replication.outcomes[name])
        for code, name in enumerate(names)
        for replication in done
        if name in replication.outcomes
    ]
    failures = pd.DataFrame(
        [row for replication in done for row in replication.failures],
        columns=["programme", "replication", "stage", "message"],
    )
    people = next((r.people for r in done if r.people is not None), [])
    participants = [row for name in programmes for r in done for row in r.participants if row["programme"] == name]
    surveys = [row for name in programmes for r in done for row in r.surveys if row["programme"] == name]
    return Result(
        scenario=scenario,
        programmes=tuple(programmes),
        weeks=weeks,
        replications=replications,
        seed=seed,
        weekly=_weekly(names, runs, weeks),
        disputes=_disputes(names, runs),
        money=_money(names, runs),
        participants=pd.DataFrame(
            participants,
            columns=["programme", "replication", "who", "people", *_COMPARED, "people_met"],
        ),
        survey=pd.DataFrame(surveys, columns=list(surveyed.COLUMNS)),
        people=pd.DataFrame(people, columns=["property", "group", "target", "achieved", "unit"]),
        failures=failures,
        seconds=seconds,
    )


def _weekly(names: Sequence[str], runs: Sequence[tuple[int, int, Outcome]], weeks: int) -> pd.DataFrame:
    import pandas as pd

    columns = list(measures.MEASURES)
    if not runs:
        return pd.DataFrame(columns=["programme", "replication", "week", "by", "group", "residents", *columns])
    groups = runs[0][2].groups
    rows = weeks * len(groups)
    frame = pd.DataFrame(np.concatenate([outcome.weekly for *_, outcome in runs]), columns=columns, copy=False)

    def coded(values: Sequence[str], each: int, times: int) -> Any:
        """Return a categorical column: every value ``each`` times in a row, the whole ``times`` times over."""
        kinds = list(dict.fromkeys(values))
        codes = np.array([kinds.index(value) for value in values], np.int16)
        return pd.Categorical.from_codes(np.tile(np.repeat(codes, each), times), dtype=pd.CategoricalDtype(kinds))

    keys = {
        "programme": coded([names[code] for code, *_ in runs], rows, 1).set_categories(list(names)),
        "replication": np.repeat([number for _, number, _ in runs], rows),
        "week": np.tile(np.repeat(np.arange(1, weeks + 1), len(groups)), len(runs)),
        "by": coded([name for name, _ in groups], 1, weeks * len(runs)),
        "group": coded([name for _, name in groups], 1, weeks * len(runs)),
        "residents": np.concatenate([np.tile(outcome.residents, weeks) for *_, outcome in runs]),
    }
    return pd.concat([pd.DataFrame(keys), frame], axis=1)


def _disputes(names: Sequence[str], runs: Sequence[tuple[int, int, Outcome]]) -> pd.DataFrame:
    import pandas as pd

    endings = ("arisen", "registered", "mediated", "settled", "violent", "unresolved")
    rows = []
    for code, number, outcome in runs:
        for k, kind in enumerate(DISPUTE_KINDS):
            row: dict[str, Any] = {"programme": names[code], "replication": number, "kind": kind}
            row.update({ending: int(outcome.disputes[e, k]) for e, ending in enumerate(endings)})
            row["open"] = int(outcome.open_by_kind[k])
            rows.append(row)
    return pd.DataFrame(rows, columns=["programme", "replication", "kind", *endings, "open"])


def _money(names: Sequence[str], runs: Sequence[tuple[int, int, Outcome]]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {"programme": names[code], "replication": number, "label": label, "line": line, "usd": usd, "own": own}
        for code, number, outcome in runs
        for (label, line), (usd, own) in sorted(outcome.money.items())
    ]
    return pd.DataFrame(rows, columns=["programme", "replication", "label", "line", "usd", "own"])
