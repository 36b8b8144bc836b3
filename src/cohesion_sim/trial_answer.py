"""What a virtual trial found, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.designs import PERSON_MEASURES
from cohesion_sim.measures import MEASURES

if TYPE_CHECKING:
    from pandas import DataFrame

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
    told += [_comparison(row, result) for row in result.summary.to_dict("records")]
    if len(result.expected):
        met = int((result.expected["verdict"] == "pass").sum())
        told.append(f"Of {len(result.expected)} published numbers {met} are met:")
        told += [_held(row) for row in result.expected.to_dict("records")]
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
    words += f", 90 % of the trials lie between {in_unit(row['q05'], row['unit'])} and {in_unit(row['q95'], row['unit'])}"
    words += f". {share(row['significant'])} of 100 would have been called significant"
    if np.isfinite(row.get("wrong_sign", np.nan)):
        words += f" (of these {share(row['wrong_sign'])} in 100 with the wrong sign"
        words += f", and {row['exaggeration']:.1f} times the true size)" if not ratio else ")"
    if np.isfinite(row.get("true", np.nan)):
        words += f". The true effect is {in_unit(row['true'], row['unit'])}"
        others = row.get("true_non_participants", np.nan)
        if np.isfinite(others) and result.trial.participants is not None and result.trial.assignment.unit == "municipality":
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


def _held(row: dict[str, Any]) -> str:
    return f"{row['verdict'].upper()}: {row['text'] or row['name']}; got {row['got']:.3g}" + (
        f" [{row['source']}]" if row["source"] else ""
    )


def expected_table(expected: DataFrame) -> list[dict[str, str]]:
    """Return the rows of `held_against` as text."""

    def plain(value: Any) -> str:
        return "" if isinstance(value, float) and np.isnan(value) else f"{value:.3g}" if isinstance(value, float) else str(value)

    return [{str(key): plain(value) for key, value in row.items()} for row in expected.to_dict("records")]
