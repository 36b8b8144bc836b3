"""A virtual trial, repeated: the distribution of its estimates beside the true effect, and what was published."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim import files
from cohesion_sim.consistency_trial import trial_problems
from cohesion_sim.designs import Expected, Trial
from cohesion_sim.parameters import MOST_SEED, InputError, whole
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import engine
from cohesion_sim.studies.engine import in_one_line
from cohesion_sim.studies.trial import analysis, worlds
from cohesion_sim.studies.trial.analysis import Row
from cohesion_sim.studies.trial.live import Lived, live

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]
Answers = tuple[list[Row], list[Row], list[Row]]
"""Estimates, facts about the world, failures of one trial."""
ALPHA = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class TrialResult:
    """What a repeated virtual trial gave.

    Attributes
    ----------
    estimates
        repetition, outcome, arm, unit (d, points, rate ratio): estimate, error, low, high, p, people, units, control
        (level in the control arm, 0-1 or events per person-year), sd; true (of those sampled), true_all,
        true_participants, true_non_participants, true_controls where twins lived.
    summary
        One row an outcome and arm: see `summarised`.
    likeness
        outcome, in the control arm: icc_first, icc, person_r, community_r, means over repetitions.
    expected
        What was published against what came out: see `held_against`.
    failures
        repetition, message.
    """

    scenario: Scenario
    seed: int
    repetitions: int
    seconds: float
    estimates: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame = field(repr=False)
    likeness: pd.DataFrame = field(repr=False)
    expected: pd.DataFrame = field(repr=False)
    failures: pd.DataFrame = field(repr=False)

    @property
    def trial(self) -> Trial:
        """The design."""
        return worlds.trial_of(self.scenario)


def run_trial(
    scenario: str | Path | Scenario,
    *,
    repetitions: int | None = None,
    twins: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    sets: dict[str, object] | None = None,
    progress: Progress | None = None,
) -> TrialResult:
    """Return what a virtual trial gives when it is repeated.

    Parameters
    ----------
    scenario
        Path of a trial file, or a `Scenario` with a trial.
    repetitions, twins
        How many trials, and in how many of them the true effect is measured; as in the file when not given.
    seed
        The same number gives the same trials, on any number of workers.
    workers
        Processes; the number of cores when not given.
    sets
        Numbers of the scenario to change, by path.
    progress
        Called with (trials done, trials in all).

    Raises
    ------
    InputError
        If the file has no trial, or a number is not allowed.
    """
    import pandas as pd

    started = time.perf_counter()
    loaded = loaded_trial(scenario, sets, repetitions=repetitions, twins=twins)
    trial = worlds.trial_of(loaded)
    whole("seed", seed, 0, MOST_SEED)
    ask = functools.partial(one_trial, loaded, seed)
    rows: list[Row] = []
    alike: list[Row] = []
    failures: list[Row] = []
    done = repeated(ask, trial.repetitions, workers)
    for number, (found, alike_too, failed) in enumerate(done, 1):
        rows += found
        alike += alike_too
        failures += failed
        if progress is not None:
            progress(number, trial.repetitions)
    estimates = _ordered(pd.DataFrame(rows), trial)
    likeness = pd.DataFrame(alike)
    if len(likeness):
        likeness = likeness.drop(columns="repetition").groupby("outcome", sort=False).mean().reset_index()
    summary = summarised(estimates)
    return TrialResult(
        scenario=loaded,
        seed=seed,
        repetitions=trial.repetitions,
        seconds=time.perf_counter() - started,
        estimates=estimates,
        summary=summary,
        likeness=likeness,
        expected=held_against(trial, summary, likeness),
        failures=pd.DataFrame(failures, columns=["repetition", "message"]),
    )


def loaded_trial(
    scenario: str | Path | Scenario,
    sets: dict[str, object] | None = None,
    *,
    repetitions: int | None = None,
    twins: int | None = None,
) -> Scenario:
    """Return the scenario of a trial file with some numbers changed. Raises `InputError`."""
    loaded = scenario if isinstance(scenario, Scenario) else files.load_scenario(scenario)
    if loaded.trial is None:
        raise InputError(f"{loaded.name}: has no trial. Add a section [trial]; docs/trials.md shows a whole file")
    if sets:
        loaded = files.with_values(loaded, sets)
    changes: dict[str, Any] = {}
    if repetitions is not None:
        changes["repetitions"] = whole("repetitions", repetitions, 1, 100_000)
    if twins is not None:
        changes["twins"] = whole("twins", twins, 0, 100_000)
    loaded = replace(loaded, trial=replace(worlds.trial_of(loaded), **changes))
    if sets:
        mistakes = [f"{'.'.join(place)}: {words}" for place, words in trial_problems(loaded)]
        if mistakes:
            raise InputError(*mistakes)
    worlds.try_places(loaded)
    return loaded


def repeated(ask: Callable[[int], Answers], number: int, workers: int | None) -> Iterator[Answers]:
    """Yield ``ask(k)`` for k below ``number``, in order, from as many processes as there are cores.

    The processes end at once when the asking stops before the last answer, by Ctrl-C or otherwise. A trial whose
    process died is a failure.
    """
    workers = min(number, workers or os.cpu_count() or 1)
    early: dict[int, Answers] = {}
    with engine.opened(workers if workers > 1 else 0) as processes:
        turn = 0
        for k, found in processes.each(_asked, ask, range(number)):
            lost = isinstance(found, engine.Failed)
            early[k] = ([], [], [{"repetition": k, "message": found.message}]) if lost else found
            while turn in early:
                yield early.pop(turn)
                turn += 1


def _asked(ask: Callable[[int], Answers], k: int) -> Answers:
    """Return one answer; a function of a module, so that it travels by name."""
    return ask(k)


def world(scenario: Scenario, seed: int, repetition: int) -> list[Lived]:
    """Return the places of one trial after they lived."""
    trial = worlds.trial_of(scenario)
    with_twin = repetition < trial.twins
    return [live(trial, place, with_twin=with_twin) for place in worlds.places(scenario, seed, repetition)]


def one_trial(scenario: Scenario, seed: int, repetition: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Return estimates, likeness and failures of one virtual trial; what goes wrong in it is a failure, not an end."""
    trial = worlds.trial_of(scenario)
    try:
        lived = world(scenario, seed, repetition)
        return (
            analysis.estimates(scenario, trial, lived, seed, repetition),
            analysis.likeness(scenario, trial, lived, repetition),
            [],
        )
    except Exception as error:
        return [], [], [{"repetition": repetition, "message": in_one_line(error)}]


def _ordered(estimates: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Return the estimates by outcome and arm as the file has them, then by repetition."""
    if estimates.empty:
        return estimates
    outcome = {name: k for k, name in enumerate(trial.outcomes)}
    arm = {name: k for k, name in enumerate(trial.arms)}
    keys = estimates["outcome"].map(outcome) * len(arm) + estimates["arm"].map(arm)
    order = np.lexsort((estimates["repetition"], keys))
    return estimates.iloc[order].reset_index(drop=True)


def summarised(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the distribution of estimates, one row an outcome and arm.

    Returns
    -------
    DataFrame
        outcome, arm, unit; mean, mean_error (standard error of the mean over trials), sd, q05, q95 of the estimates (of
        rate ratios: of their logarithms, told as ratios); significant (share with p < .05), wrong_sign (of those,
        against the true effect), exaggeration (mean size of those over the true effect); coverage (share of intervals
        that hold the true effect); true, true_participants, true_non_participants, true_controls; control, sd_answers,
        trials.
    """
    import pandas as pd

    rows = []
    if estimates.empty:
        return pd.DataFrame(columns=["outcome", "arm", "unit", "mean"])
    for (outcome, arm), part in estimates.groupby(["outcome", "arm"], sort=False):
        rows.append({"outcome": outcome, "arm": arm, "unit": part["unit"].iloc[0], **_one_summary(part)})
    return pd.DataFrame(rows)


def _one_summary(part: pd.DataFrame) -> Row:
    ratio = part["unit"].iloc[0] == "rate ratio"
    known = part[np.isfinite(part["estimate"])]
    if ratio:
        known = known[known["estimate"] > 0]
    values = np.log(known["estimate"].to_numpy(float)) if ratio else known["estimate"].to_numpy(float)
    back = np.exp if ratio else (lambda x: x)
    if not len(values):
        return {"mean": np.nan, "trials": 0}
    row: Row = {
        "mean": float(back(values.mean())),
        "mean_error": float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else np.nan,
        "sd": float(values.std(ddof=1)) if len(values) > 1 else np.nan,
        "q05": float(back(np.quantile(values, 0.05))),
        "q95": float(back(np.quantile(values, 0.95))),
        "trials": len(values),
        "control": float(known["control"].mean()),
    }
    if "sd" in known and not ratio:
        row["sd_answers"] = float(known["sd"].mean())
    true = _true(part, ratio)
    row |= true
    seen = (known["p"] < ALPHA).to_numpy()
    row["significant"] = float(seen.sum() / len(part))  # a trial that cannot be estimated finds nothing
    target = np.log(true["true"]) if ratio and true.get("true", 0) > 0 else true.get("true", np.nan)
    if seen.any() and np.isfinite(target) and target != 0:
        row["wrong_sign"] = float((np.sign(values[seen]) != np.sign(target)).mean())
        row["exaggeration"] = float(np.abs(values[seen]).mean() / abs(target))
    if np.isfinite(true.get("true", np.nan)):
        row["coverage"] = float(((known["low"] <= true["true"]) & (known["high"] >= true["true"])).mean())
    return row


def _true(part: pd.DataFrame, ratio: bool) -> Row:
    if ratio:
        if "twin_events" not in part or not part["twin_events"].sum() > 0:
            return {}
        return {"true": float(part["true_events"].sum() / part["twin_events"].sum())}
    names = [name for name in part.columns if name.startswith("true") and not name.endswith("events")]
    return {name: float(part[name].mean()) for name in names if part[name].notna().any()}


def held_against(trial: Trial, summary: pd.DataFrame, likeness: pd.DataFrame) -> pd.DataFrame:
    """Return what was published against what came out: name, text, low, high, got, verdict (pass, miss), source."""
    import pandas as pd

    raw = {name: _got(row, summary, likeness) for name, row in trial.expected.items()}
    got = {name: 1 - value if trial.expected[name].reduction else value for name, value in raw.items()}
    rows = []
    for name, row in trial.expected.items():
        value = got[name]
        if row.divided_by:
            value = value / got[row.divided_by] if got[row.divided_by] else float("nan")
        if row.minus:
            value -= got[row.minus]
        value = abs(value) if row.size else value
        if row.hidden:
            continue
        met = row.low <= value <= row.high
        rows.append(
            {
                "name": name,
                "text": row.text,
                "low": row.low if row.low > -1e9 else np.nan,
                "high": row.high if row.high < 1e9 else np.nan,
                "got": value,
                "verdict": "pass" if met else "miss",
                "source": row.source,
            }
        )
    return pd.DataFrame(rows, columns=["name", "text", "low", "high", "got", "verdict", "source"])


def _got(row: Expected, summary: pd.DataFrame, likeness: pd.DataFrame) -> float:
    if row.of in ("icc", "person_r", "community_r"):
        found = likeness[likeness["outcome"] == row.outcome] if len(likeness) else likeness
        return float(found[row.of].iloc[0]) if len(found) else float("nan")
    found = summary[(summary["outcome"] == row.outcome) & ((summary["arm"] == row.arm) | (not row.arm))]
    column = {
        "effect": "mean",
        "true_effect": "true",
        "participants": "true_participants",
        "non_participants": "true_non_participants",
        "significant": "significant",
    }[row.of]
    return float(found[column].iloc[0]) if len(found) and column in found else float("nan")
