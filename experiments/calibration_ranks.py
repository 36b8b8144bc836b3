"""Does `calibrate` keep what it promises? Facts drawn from their priors, fitted to figures of a run that has them.

Simulation-based calibration [TALTS18] on the real model: if posteriors are right, the true facts stand anywhere among
their draws equally often. ``python experiments/calibration_ranks.py [SIMULATIONS]`` writes calibration_ranks.csv beside
this file, and prints how likely so uneven ranks are by chance, and how often intervals of 90 % hold the truth.
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from cohesion_sim import files
from cohesion_sim.calibration_design import Calibration, Target
from cohesion_sim.randomness import Luck
from cohesion_sim.studies import engine
from cohesion_sim.studies.calibration import search
from cohesion_sim.studies.calibration.facts import fitted_fact
from cohesion_sim.studies.calibration.figures import figures_of
from cohesion_sim.studies.calibration.lived import Batch, lived
from cohesion_sim.studies.calibration.load import Problem, with_seed

FIT = ("institutions.trust", "attitudes.other_ethnicity", "disputes.quarrels")
WEEKS, SIZE, RUNS, ROUNDS, DRAWS = 26, 400, 60, 2, 99
FIGURES = {
    "trust": Target(measure="trust", value=0.5, n=300, design_effect=1.5, mark="A", source=""),
    "neighbours": Target(measure="acceptance", value=0.5, n=300, design_effect=1.5, mark="A", source=""),
    "fights": Target(measure="blows", count=1, recorded=0.8, mark="A", source=""),
}


def problem() -> Problem:
    """Return the calibration; its figures are put in later."""
    scenario = files.load_scenario("yuryevka", {"people.size": SIZE})
    facts = tuple(fitted_fact(scenario, path, "uniform") for path in FIT)
    file = Calibration(scenario="yuryevka", weeks=WEEKS, runs=RUNS, rounds=ROUNDS, fit={}, targets=FIGURES)
    return Problem(file, scenario, WEEKS, facts, figures_of(FIGURES, WEEKS))


def ranks(shared: Problem, number: int) -> list[int]:
    """Return how many of the draws lie below the true facts."""
    own = with_seed(shared, number)
    true = Luck(number, "ranks").uniform("true", 0, np.arange(len(FIT))).astype(float)[None]
    (run,) = lived(own, Batch(10**6, true))
    seen = [f.measured(np.array([value]), number)[0] for f, value in zip(own.figures, run.found, strict=True)]
    targets = {
        name: dataclasses.replace(one, **({"value": value} if one.count is None else {"count": int(value)}))
        for (name, one), value in zip(FIGURES.items(), seen, strict=True)
    }
    own = dataclasses.replace(own, figures=figures_of(targets, WEEKS))

    def simulate(points: np.ndarray, turn: int) -> np.ndarray:
        return own.scaled(np.array([row.found for row in lived(own, Batch(turn * RUNS, points))]))

    _, found = search.searched(simulate, own.observed(), len(FIT), runs=RUNS, rounds=ROUNDS, seed=number)
    return [int(n) for n in (found.resampled(DRAWS, search.start_of(number)) < true).sum(axis=0)]


def main(simulations: int) -> None:
    """Write the table and print what it says."""
    with engine.opened() as processes:
        rows = dict(processes.each(ranks, problem(), range(simulations)))
    table = pd.DataFrame([rows[number] for number in range(simulations)], columns=list(FIT))
    table.to_csv(Path(__file__).with_suffix(".csv"), index_label="simulation", lineterminator="\n")
    for name in FIT:
        counts = np.histogram(table[name], np.linspace(-0.5, DRAWS + 0.5, 11))[0]
        inside = table[name].between(0.05 * DRAWS, 0.95 * DRAWS).mean()
        chance = stats.chisquare(counts).pvalue
        print(f"{name}: {counts.tolist()}, p = {chance:.2f}, intervals of 90 % hold the truth in {inside:.0%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
