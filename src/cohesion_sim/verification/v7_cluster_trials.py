"""V7, cluster trials: nothing done is rarely found to work, and what is planted is found as often as theory says.

Places of ``experiments/verification/trials/v7.toml`` live for a week with no programme and are surveyed
(`studies.trial`). Trials are drawn from this pool by lot, without replacement inside a trial, and estimated as any
trial is (`analysis.compared`). The effect is planted in the analysis: d standard deviations are added to the answers of
the treated places. Planted likeness is the variance of the places' true means over that of the answers; power is held
against the formula for cluster trials [DONNER00, EVIDENCE].
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files
from cohesion_sim.designs import Trial, TrialOutcome
from cohesion_sim.randomness import Luck
from cohesion_sim.studies.planning import power_closed_form
from cohesion_sim.studies.survey import icc
from cohesion_sim.studies.trial import analysis, run, worlds
from cohesion_sim.studies.trial.analysis import Respondents

Values = NDArray[np.float64]
SEED, SCOPE = 7, "verification/v7"
PLANTED = 0.35  # power is near 1/2 here, where it says most
PLACES, QUICK_PLACES = 400, 120
TRIALS, QUICK_TRIALS = 2000, 300


@dataclass(frozen=True, slots=True)
class Pool:
    """Places that lived: answers (places, respondents), true means (places,), and the trial they were made for."""

    trial: Trial
    answers: Values
    true: Values

    @property
    def sd(self) -> float:
        """SD of all answers."""
        return float(self.answers.std(ddof=1))

    @property
    def planted_icc(self) -> float:
        """Variance of the true means of places over that of all answers."""
        return float(self.true.var(ddof=1) / self.answers.var(ddof=1))


def measure(quick: bool) -> dict[str, float]:
    """Return the share of placebo trials that reject, and how far likeness and power are from what was planted."""
    pool = simulated(QUICK_PLACES if quick else PLACES)
    number = QUICK_TRIALS if quick else TRIALS
    outcome = pool.trial.outcomes["attitude"]
    careless = replace(outcome, inference="robust")
    placebo = [drawn(pool, k, 0.0) for k in range(number)]
    k, m = pool.trial.places, pool.answers.shape[1]
    rejected = rejections(pool.trial, outcome, placebo)
    found = {
        "quick rejections" if quick else "rejections": rejected,
        "rejections ignoring places": rejections(pool.trial, careless, placebo),
        "likeness, error": float(np.mean([icc(one.y, one.cluster) for one in placebo])) - pool.planted_icc,
    }
    if not quick:
        planted = [drawn(pool, k + number, PLANTED) for k in range(number)]
        expected = power_closed_form(k, m, pool.planted_icc, PLANTED)
        found |= {"quick rejections": rejected, "power, error": rejections(pool.trial, outcome, planted) - expected}
    return found


def simulated(places: int) -> Pool:
    """Return so many places, a multiple of those of one trial, after their week."""
    scenario = files.load_scenario(files.shipped("experiments") / "verification" / "trials" / "v7.toml")
    trial = worlds.trial_of(scenario)
    lived = [one for k in range(places // trial.places) for one in run.world(scenario, SEED, k)]
    told, true = (
        analysis.respondents(scenario, trial, lived, trial.outcomes[name], trial.waves[-1]).y.reshape(len(lived), -1)
        for name in ("attitude", "true_attitude")
    )
    return Pool(trial, told, true.mean(axis=1))


def drawn(pool: Pool, number: int, d: float) -> Respondents:
    """Return the respondents of one trial: places by lot, the second half treated, d SD added to their answers."""
    places, m = pool.trial.places, pool.answers.shape[1]
    order = Luck(SEED, SCOPE).shuffled("places", number, np.arange(len(pool.answers)))[:places]
    place = np.repeat(np.arange(places), m)
    arm = (place >= places // 2).astype(np.int64)
    nothing = np.zeros(len(place), np.int64)
    return Respondents(
        arm=arm,
        place=place,
        block=nothing,
        cluster=place,
        community=place,
        panel=np.arange(len(place)),
        late=nothing.astype(np.bool_),
        y=pool.answers[order].ravel() + d * pool.sd * arm,
        twin=np.full(len(place), np.nan),
    )


def rejections(trial: Trial, outcome: TrialOutcome, drawn: list[Respondents]) -> float:
    """Return the share of trials with p < .05."""
    luck = Luck(SEED, SCOPE)  # inference by formula draws nothing
    p = [analysis.compared(trial, outcome, one, None, 1, luck).p for one in drawn]
    return float(np.mean(np.array(p) < run.ALPHA))
