"""One virtual trial from answers to estimates, as the analyst of a real one would make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.consistency_trial import COUNTS
from cohesion_sim.designs import Trial, TrialOutcome
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import estimators
from cohesion_sim.studies.survey import icc
from cohesion_sim.studies.trial import outcomes
from cohesion_sim.studies.trial.live import GROUPS, Lived

Values = NDArray[np.float64]
Row = dict[str, Any]
PERMUTATIONS = 499


def unit_of(outcome: TrialOutcome) -> str:
    """Return in what an outcome is told: d, points (percentage points) or rate ratio."""
    if outcome.measure in COUNTS:
        return "rate ratio"
    points = outcome.unit == "points" or outcome.cut is not None or outcome.measure == "acceptance"
    return "points" if points else "d"


@dataclass(frozen=True, slots=True)
class Respondents:
    """All respondents of a sample at one wave, over all places; arrays (respondents,).

    ``place`` and ``cluster`` (what was assigned) are numbers of their own, ``panel`` tells the same person at two
    waves; ``y`` is the answer 0-1, or 0 and 1 behind a cut; ``twin`` the same in the twin, NaN where it did not live.
    """

    arm: NDArray[np.int64]
    place: NDArray[np.int64]
    block: NDArray[np.int64]
    cluster: NDArray[np.int64]
    community: NDArray[np.int64]
    panel: NDArray[np.int64]
    late: NDArray[np.bool_]  # of a stepped wedge: the programme has begun
    y: Values
    twin: Values

    def only(self, mask: NDArray[np.bool_]) -> Respondents:
        """Return those in ``mask``."""
        return Respondents(*(getattr(self, name)[mask] for name in self.__slots__))


BIG = 10_000_000


def respondents(scenario: Scenario, trial: Trial, lived: list[Lived], outcome: TrialOutcome, wave: int) -> Respondents:
    """Return who answered about an outcome at a wave."""
    sample = outcome.sample or next(iter(trial.samples))
    cut = outcomes.cut_of(outcome, scenario)
    inside = trial.assignment.unit != "municipality"
    parts: dict[str, list[Any]] = {name: [] for name in Respondents.__slots__}
    for one in lived:
        who = one.who[sample, wave]
        here = who["here"] > 0
        n = int(here.sum())
        number = one.place.number
        said = one.answers[sample, wave][outcome.measure][here]
        known = one.twin.get((sample, wave))
        twin = known[outcome.measure][here] if known is not None else np.full(n, np.nan)
        if cut is not None:
            said, twin = (said >= cut).astype(float), np.where(np.isnan(twin), np.nan, twin >= cut)
        parts["arm"].append(who["arm"][here])
        parts["place"].append(np.full(n, number))
        parts["block"].append(np.full(n, one.place.block))
        parts["cluster"].append(number * BIG + who["unit"][here] if inside else np.full(n, number))
        parts["community"].append(number * 16 + who["group"][here])
        parts["panel"].append(number * BIG + who["row"][here])
        parts["late"].append(np.full(n, wave > one.place.delay + first_week(trial, scenario, one.place.arm)))
        parts["y"].append(said)
        parts["twin"].append(twin)
    return Respondents(*(np.concatenate(parts[name]) for name in Respondents.__slots__))


def first_week(trial: Trial, scenario: Scenario, arm: int) -> int:
    """Return the first week of an arm's programmes, not put off."""
    names = list(trial.arms.values())[arm].programmes if arm >= 0 else ()
    weeks = [
        getattr(actor, "start", getattr(actor, "week", 0))
        for name in names
        if name != "nothing"
        for actor in scenario.programmes[name].interventions.values()
    ]
    return min(weeks, default=0)


def wave_of(trial: Trial, outcome: TrialOutcome) -> int:
    """Return the wave at which an outcome is compared."""
    return trial.waves[-1] if outcome.wave is None else outcome.wave


def estimates(scenario: Scenario, trial: Trial, lived: list[Lived], seed: int, repetition: int) -> list[Row]:
    """Return one row an outcome and arm: the estimate of this trial, and the true effect where it is known."""
    rows: list[Row] = []
    for name, outcome in trial.outcomes.items():
        wave = wave_of(trial, outcome)
        luck = Luck(seed, f"trial/re-assignment/{name}/{repetition}")
        for number, arm in enumerate(trial.arms):
            if number == 0:
                continue
            row: Row = {"repetition": repetition, "outcome": name, "arm": arm, "unit": unit_of(outcome)}
            if outcome.measure in COUNTS:
                row |= _counted(trial, lived, outcome, number, wave, luck)
            else:
                row |= _asked(scenario, trial, lived, name, number, wave, luck)
            rows.append(row)
    return rows


def _counted(trial: Trial, lived: list[Lived], outcome: TrialOutcome, arm: int, wave: int, luck: Luck) -> Row:
    """Return the rate ratio of a count between an arm and the control."""
    key = (outcome.measure, wave, outcome.over)
    table = np.concatenate([np.column_stack([one.events[key], np.full(len(one.events[key]), one.place.block)])
                            for one in lived])  # fmt: skip
    table = table[(table[:, 0] == arm) | (table[:, 0] == 0)]
    treated = table[:, 0] == arm
    found = estimators.rate_ratio(
        table[:, 1], table[:, 2], treated.astype(float), cluster=np.arange(len(table)),
        inference=outcome.inference, permutations=PERMUTATIONS, luck=luck,
        stratum=table[:, 3] if _blocked(trial) else None,
    )  # fmt: skip
    row: Row = {**_told(found, 1.0), "control": float(table[~treated, 1].sum() / table[~treated, 2].sum())}
    twins = [(one.events[key], one.twin_events[key]) for one in lived if key in one.twin_events]
    if twins:
        real = np.concatenate([mine[mine[:, 0] == arm] for mine, _ in twins])
        same = np.concatenate([theirs[mine[:, 0] == arm] for mine, theirs in twins])
        row |= {"true_events": real[:, 1].sum(), "twin_events": same[:, 1].sum()}
    return row


def _blocked(trial: Trial) -> bool:
    """Return whether units are assigned inside blocks: matched places, or the places themselves."""
    return trial.assignment.unit != "municipality" or trial.assignment.matched_by != "nothing"


def _told(found: estimators.Estimate, scale: float) -> Row:
    return {
        "estimate": found.value / scale,
        "error": found.error / scale,
        "low": found.low / scale,
        "high": found.high / scale,
        "p": found.p,
        "people": found.n,
        "units": found.clusters,
    }


def _asked(
    scenario: Scenario, trial: Trial, lived: list[Lived], name: str, arm: int, wave: int, luck: Luck
) -> Row:
    """Return the difference of answers between an arm and the control."""
    outcome = trial.outcomes[name]
    end = respondents(scenario, trial, lived, outcome, wave)
    if trial.assignment.steps:
        return _wedge(scenario, trial, lived, outcome, arm)
    end = end.only((end.arm == arm) | (end.arm == 0))
    if not (end.arm == arm).any() or not (end.arm == 0).any():
        return {"estimate": np.nan, "p": np.nan, "people": len(end.y)}
    control = end.y[end.arm == 0]
    unit = unit_of(outcome)
    scale = 0.01 if unit == "points" else float(control.std(ddof=1)) if len(control) > 1 else np.nan
    if not scale > 0:
        return {"estimate": np.nan, "p": np.nan, "people": len(end.y)}
    found = compared(trial, outcome, end, _baseline(scenario, trial, lived, outcome, arm), arm, luck)
    row: Row = {**_told(found, scale), "control": float(control.mean()), "sd": float(control.std(ddof=1))}
    return row | _true(lived, name, wave, end, arm, scale)


def _baseline(
    scenario: Scenario, trial: Trial, lived: list[Lived], outcome: TrialOutcome, arm: int
) -> Respondents | None:
    """Return the answers of the first wave, when the estimator needs them."""
    if outcome.estimator == "difference":
        return None
    first = respondents(scenario, trial, lived, outcome, trial.waves[0])
    return first.only((first.arm == arm) | (first.arm == 0))


def compared(
    trial: Trial, outcome: TrialOutcome, end: Respondents, first: Respondents | None, arm: int, luck: Luck
) -> estimators.Estimate:
    """Return the estimate on the scale of the answers."""
    inside = trial.assignment.unit != "municipality"
    options: dict[str, Any] = {
        "cluster": None if outcome.inference == "robust" else end.cluster,
        "inference": outcome.inference,
        "stratum": (end.place if inside else end.block) if _blocked(trial) else None,
        "permutations": PERMUTATIONS,
        "luck": luck,
    }
    treated = (end.arm == arm).astype(float)
    if first is None:
        return estimators.difference(end.y, treated, **options)
    if outcome.estimator == "adjusted":
        return estimators.adjusted(end.y, _carried(trial, outcome, end, first), treated, **options)
    both = np.concatenate([first.y, end.y])
    wave = np.concatenate([np.zeros(len(first.y)), np.ones(len(end.y))])
    everyone = np.concatenate([(first.arm == arm).astype(float), treated])
    if options["cluster"] is not None:
        options["cluster"] = np.concatenate([first.cluster, end.cluster])
    elif trial.samples[outcome.sample or next(iter(trial.samples))].panel:  # two answers of one person are alike
        options |= {"inference": "cluster", "cluster": np.concatenate([first.panel, end.panel])}
    if options["stratum"] is not None:
        name = "place" if inside else "block"
        options["stratum"] = np.concatenate([getattr(first, name), getattr(end, name)])
    return estimators.did(both, wave, everyone, **options)


def _carried(trial: Trial, outcome: TrialOutcome, end: Respondents, first: Respondents) -> Values:
    """Return each respondent's baseline: her own in a panel, else the mean of her community of the place."""
    sample = trial.samples[outcome.sample or next(iter(trial.samples))]
    if sample.panel:
        order = np.argsort(first.panel, kind="stable")
        known = first.panel[order]
        at = np.minimum(np.searchsorted(known, end.panel), max(len(known) - 1, 0))
        if not len(known):
            return np.full(len(end.y), np.nan)
        return np.where(known[at] == end.panel, first.y[order][at], np.nan)
    size = int(max(end.community.max(), first.community.max())) + 1
    number = np.bincount(first.community, minlength=size)
    mean = np.bincount(first.community, first.y, minlength=size) / np.maximum(number, 1)
    return np.where(number[end.community] > 0, mean[end.community], np.nan)


def _true(lived: list[Lived], name: str, wave: int, end: Respondents, arm: int, scale: float) -> Row:
    """Return true effects in the estimate's unit: of those sampled, by group, and on controls inside the places."""
    if np.isnan(end.twin).all():
        return {}
    mine = (end.arm == arm) & ~np.isnan(end.twin)
    row: Row = {"true": float((end.y - end.twin)[mine].mean()) / scale if mine.any() else np.nan}
    totals = np.sum([one.true[name, wave] for one in lived], axis=0)
    for g, group in enumerate(GROUPS):
        row[f"true_{group}"] = _mean(totals[arm, g]) / scale
    row["true_controls"] = _mean(totals[0, 0]) / scale
    return row


def _mean(pair: Values) -> float:
    return float(pair[0] / pair[1]) if pair[1] else float("nan")


def _wedge(scenario: Scenario, trial: Trial, lived: list[Lived], outcome: TrialOutcome, arm: int) -> Row:
    """Return the effect of a stepped wedge: places and waves have their own levels, the programme shifts them."""
    waves = [respondents(scenario, trial, lived, outcome, wave) for wave in trial.waves]
    keep = [one.only((one.arm == arm) | (one.arm == 0)) for one in waves]
    y = np.concatenate([one.y for one in keep])
    wave = np.concatenate([np.full(len(one.y), k) for k, one in enumerate(keep)])
    place = np.concatenate([one.place for one in keep])
    exposed = np.concatenate([(one.late & (one.arm == arm)).astype(float) for one in keep])
    if exposed.min(initial=1) == exposed.max(initial=0):
        return {"estimate": np.nan, "p": np.nan, "people": len(y)}
    found = estimators.two_way(y, exposed, place, wave)
    spread = float(y[exposed == 0].std(ddof=1))
    scale = 0.01 if unit_of(outcome) == "points" else spread
    twin = np.concatenate([one.twin for one in keep])
    real = (exposed > 0) & ~np.isnan(twin)
    true = {"true": float((y - twin)[real].mean()) / scale} if real.any() else {}
    return {**_told(found, scale), "control": float(y[exposed == 0].mean()), "sd": spread, **true}


# --------------------------------------------------------------------------------------- without a programme


def likeness(scenario: Scenario, trial: Trial, lived: list[Lived], repetition: int) -> list[Row]:
    """Return per outcome, in the control arm: ICC at the first and the compared wave, correlations between the two.

    Clusters are places, or communities of places where samples are drawn by community.
    """
    rows: list[Row] = []
    for name, outcome in trial.outcomes.items():
        if outcome.measure in COUNTS:
            continue
        waves = (trial.waves[0], wave_of(trial, outcome))
        one, two = (respondents(scenario, trial, lived, outcome, wave) for wave in waves)
        one, two = one.only(one.arm == 0), two.only(two.arm == 0)
        row: Row = {"repetition": repetition, "outcome": name}
        row["icc_first"], row["icc"] = icc(one.y, one.community), icc(two.y, two.community)
        row["community_r"] = means_r(one, two) if waves[0] < waves[1] else np.nan
        row["person_r"] = _person_r(one, two) if waves[0] < waves[1] else np.nan
        rows.append(row)
    return rows


def means_r(one: Respondents, two: Respondents) -> float:
    """Return the correlation of the means of communities (or places) at two waves; NaN for fewer than three."""
    both = np.intersect1d(one.community, two.community)
    if len(both) < 3:
        return float("nan")
    return _r(*(np.array([x.y[x.community == c].mean() for c in both]) for x in (one, two)))


def _person_r(one: Respondents, two: Respondents) -> float:
    _, at_one, at_two = np.intersect1d(one.panel, two.panel, return_indices=True)
    return _r(one.y[at_one], two.y[at_two]) if len(at_one) > 10 else float("nan")


def _r(x: Values, y: Values) -> float:
    if x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
