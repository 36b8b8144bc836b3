"""What virtual trials found and what designs are worth, in plain sentences and tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.designs import PERSON_MEASURES
from cohesion_sim.measures import MEASURES
from cohesion_sim.phrases import rows_of

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from cohesion_sim.designs import Trial
    from cohesion_sim.studies.trial.power import PowerResult
    from cohesion_sim.studies.trial.run import TrialResult


def trial_answer(result: TrialResult) -> list[str]:
    """Return sentences: the design, then what each comparison gave, then what was published against what came out."""
    trial = result.trial
    arms = ", ".join(f"{name} ({' + '.join(arm.programmes) or 'nothing'})" for name, arm in trial.arms.items())
    unit = trial.assignment.unit
    told = [
        f"{result.scenario.title['en']}. {result.repetitions} virtual trials of {trial.places} places each; "
        f"by lot to each {unit}: {arms}."
    ]
    if len(result.failures):
        told.append(f"{len(result.failures)} trials failed, the first with: {result.failures['message'].iloc[0]}")
    told += [_comparison(row, result) for row in rows_of(result.summary)]
    if len(result.expected):
        met = int((result.expected["verdict"] == "pass").sum())
        told.append(f"Of {len(result.expected)} published numbers {met} {'is' if met == 1 else 'are'} met.")
    return told


def _comparison(row: dict[str, Any], result: TrialResult) -> str:
    """Return what one comparison gave."""
    outcome = result.trial.outcomes[row["outcome"]]
    meaning = PERSON_MEASURES.get(outcome.measure) or MEASURES[outcome.measure].meaning
    name = f"{row['outcome']} ({meaning}), {row['arm']} against {next(iter(result.trial.arms))}"
    if not row.get("trials"):
        return f"{name}: could not be estimated."
    ratio = row["unit"] == "rate ratio"
    words = f"{name}: the middle of the estimates is {in_unit(row['mean'], row['unit'])}"
    words += f", 90 % of the trials lie between {in_unit(row['q05'], row['unit'])} "
    words += f"and {in_unit(row['q95'], row['unit'])}"
    words += f". {share(row['significant'])} of 100 would have been called significant"
    if np.isfinite(row.get("wrong_sign", np.nan)):
        words += f" (of these {share(row['wrong_sign'])} in 100 with the wrong sign"
        words += f", and {row['exaggeration']:.1f} times the true size)" if not ratio else ")"
    if np.isfinite(row.get("true", np.nan)):
        words += f". The true effect is {in_unit(row['true'], row['unit'])}"
        others = row.get("true_non_participants", np.nan)
        whole_places = result.trial.assignment.unit == "municipality"
        if np.isfinite(others) and result.trial.participants is not None and whole_places:
            words += f"; on those who took part {in_unit(row['true_participants'], row['unit'])}, "
            words += f"on the others in the same places {in_unit(others, row['unit'])}"
        controls = row.get("true_controls", np.nan)
        if np.isfinite(controls) and result.trial.assignment.unit != "municipality":
            words += f"; {in_unit(controls, row['unit'])} reached the controls who live in the same places"
    return words + "."


def in_unit(value: float, unit: str) -> str:
    """Return a value with its unit: d, percentage points or rate ratio."""
    if not np.isfinite(value):
        return "not known"
    if unit == "points":
        return f"{value:+.1f} points"
    return f"a rate ratio of {value:.2f}" if unit == "rate ratio" else f"d = {value:+.3f}"


def share(value: float) -> str:
    """Return how many in 100."""
    return "not known how many" if not np.isfinite(value) else f"{100 * value:.0f}"


def published(trial: Trial, outcome: str, arm: str) -> tuple[float, float] | None:
    """Return the band that a file expects of an outcome's mean estimate in an arm, None when it expects none.

    In the unit of the estimates; an end that is not known is infinite.
    """
    treated = list(trial.arms)[1:]
    for row in trial.expected.values():
        plain = row.of == "effect" and not (row.divided_by or row.minus or row.hidden)
        if not plain or row.outcome != outcome or (row.arm or treated[0]) != arm:
            continue
        low = row.low if row.low > -1e9 else -np.inf
        high = row.high if row.high < 1e9 else np.inf
        if row.reduction:
            return 1 - high, 1 - low
        return (-high, high) if row.size else (low, high)
    return None


def expected_table(expected: DataFrame) -> list[dict[str, str]]:
    """Return the rows of `held_against` as text: verdict (PASS, MISS), published, band, got, source."""
    return [
        {
            "verdict": str(row["verdict"]).upper(),
            "published": row["text"] or str(row["name"]).replace("_", " "),
            "band": _band(row["low"], row["high"]),
            "got": f"{row['got']:.3g}" if np.isfinite(row["got"]) else "not known",
            "source": row["source"],
        }
        for row in rows_of(expected)
    ]


def _band(low: float, high: float) -> str:
    """Return a band in words; an end may be missing (NaN)."""
    if np.isnan(low):
        return "any" if np.isnan(high) else f"{high:.4g} or less"
    return f"{low:.4g} or more" if np.isnan(high) else f"{low:.4g} to {high:.4g}"


def power_answer(result: PowerResult) -> list[str]:
    """Return sentences: the world looked at, the cheapest design that is enough or what the largest reaches."""
    trial = result.scenario.trial
    assert trial is not None
    assert trial.power is not None
    asked, outcome = trial.power, trial.outcomes[trial.power.outcome]
    told = [
        f"{result.scenario.title['en']}. Power to see the change in {asked.outcome} "
        f"({PERSON_MEASURES[outcome.measure]}), from {result.repetitions} virtual trials; every design is a part of "
        "the same simulated places."
    ]
    facts = f"The true effect is d = {result.d:+.3f}; likeness within a place (ICC) is {result.icc:.3f}"
    if np.isfinite(result.community_r):
        facts += f", and the means of places agree with their baseline with r = {result.community_r:.2f}"
    told.append(facts + ".")
    if len(result.cheapest):
        row = result.cheapest.iloc[0]
        told.append(
            f"The cheapest design with a power of {asked.target:g} or more: {_design(row)}; power {row['power']:.2f} "
            f"({row['low']:.2f} to {row['high']:.2f}). It would see d = {row['smallest_effect']:.2f} with a power of "
            f"{asked.target:g}."
        )
    else:
        row = result.table.sort_values(["places", "people", "power"], kind="stable").iloc[-1]
        told.append(
            f"No design looked at reaches a power of {asked.target:g}. The largest, {_design(row)}, "
            f"reaches {row['power']:.2f} ({row['low']:.2f} to {row['high']:.2f}); "
            f"it would see d = {row['smallest_effect']:.2f}."
        )
    if len(result.failures):
        told.append(f"{len(result.failures)} trials failed, the first with: {result.failures['message'].iloc[0]}")
    return told


def _design(row: Series) -> str:
    """Return a design in words."""
    cost = f", USD {row['cost']:,.0f}" if row["cost"] > 0 else ""
    return f"{row['places']} places with {row['people']} people asked in each, {row['baseline']} a baseline{cost}"


def power_table(table: DataFrame) -> list[dict[str, str]]:
    """Return the designs as text."""
    return [
        {
            "places": str(row["places"]),
            "treated": str(row["treated"]),
            "people": str(row["people"]),
            "baseline": str(row["baseline"]),
            "power": f"{row['power']:.2f}",
            "interval": f"{row['low']:.2f} to {row['high']:.2f}",
            "smallest d": f"{row['smallest_effect']:.2f}",
            "formula: power": f"{row['closed_power']:.2f}",
            "formula: d": f"{row['closed_smallest_effect']:.2f}",
            "USD": f"{row['cost']:,.0f}",
            "enough": "yes" if row["enough"] else "",
        }
        for row in rows_of(table)
    ]
