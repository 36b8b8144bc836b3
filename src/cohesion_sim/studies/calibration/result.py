"""What a calibration found: draws, a verdict on every fact, facts that cannot be told apart, a check on the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.studies.calibration.load import Problem
from cohesion_sim.studies.calibration.rounds import Round
from cohesion_sim.studies.calibration.sampling import Weighted
from cohesion_sim.studies.calibration.search import Known, start_of

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
DRAWS = 2000
LEARNED, WEAK = 0.75, 0.25
"""Shares of a fact's prior variance that the figures took away: at least so much is learned, at least so much weak."""
MOVED = 0.5  # prior SD by which a mean that moved makes a fact weakly learned whatever its spread
APART = 0.7  # correlation from which two facts are not told apart
EDGE, AT_EDGE = 0.05, 0.25  # so much of the draws in the outermost part of the range: the range may be too narrow
MISSED = 0.05  # p below which the model does not bring a figure forth
POOR = 400  # effective draws below which the result is rough


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationResult:
    """Tables of a calibration. ``unit`` are the draws on the 0-1 scale of the priors."""

    problem: Problem
    unit: Floats
    draws: pd.DataFrame
    summary: pd.DataFrame
    alike: pd.DataFrame
    predictive: pd.DataFrame
    runs: pd.DataFrame
    failures: pd.DataFrame
    effective: float
    seconds: float


def result(
    problem: Problem, known: Known, found: Weighted, rounds: list[Round], check: Round, seconds: float
) -> CalibrationResult:
    """Return the tables of a finished calibration."""
    import pandas as pd

    unit = found.resampled(DRAWS, start_of(problem.file.seed))
    paths = [fact.path for fact in problem.facts]
    natural = problem.natural(unit)
    failed = [row for one in (*rounds, check) for row in one.failures]
    return CalibrationResult(
        problem,
        unit,
        pd.DataFrame(natural, columns=paths),
        pd.DataFrame(_summary(problem, unit, natural)),
        pd.DataFrame(_alike(paths, natural), columns=["one", "other", "correlation"]),
        pd.DataFrame(_predictive(problem, known, rounds, check)),
        _runs(problem, rounds, check),
        pd.DataFrame(failed, columns=["run", "message"]),
        found.effective,
        seconds,
    )


def _summary(problem: Problem, unit: Floats, natural: Floats) -> list[dict[str, Any]]:
    """Return a row a fact: prior, posterior, and how far the figures reached."""
    grid = (np.arange(20_000) + 0.5) / 20_000
    rows = []
    for column, fact in enumerate(problem.facts):
        prior, after = fact.at(grid), natural[:, column]
        contraction = 1 - float(after.var() / prior.var())
        moved = float((after.mean() - prior.mean()) / prior.std())
        low, high = (float((unit[:, column] < EDGE).mean()), float((unit[:, column] > 1 - EDGE).mean()))
        rows.append(
            {
                "fact": fact.path,
                "unit": fact.unit,
                "in_scenario": fact.value,
                **{f"prior_{name}": float(np.quantile(prior, q)) for name, q in QUANTILES},
                **{name: float(np.quantile(after, q)) for name, q in QUANTILES},
                "contraction": contraction,
                "moved": moved,
                "verdict": verdict(contraction, moved),
                "at_edge": "low" if low > AT_EDGE else "high" if high > AT_EDGE else "",
            }
        )
    return rows


QUANTILES = (("q05", 0.05), ("median", 0.5), ("q95", 0.95))


def verdict(contraction: float, moved: float) -> str:
    """Return what the figures said of a fact: by how far its variance shrank, and by how many prior SD it moved."""
    if contraction >= LEARNED:
        return "learned"
    return "weak" if contraction >= WEAK or abs(moved) >= MOVED else "not learned"


def _alike(paths: list[str], natural: Floats) -> list[tuple[str, str, float]]:
    """Return all pairs of facts with their correlation, the closest first."""
    ranked = np.corrcoef(natural.T).reshape(len(paths), len(paths))
    pairs = [(paths[i], paths[j], float(ranked[i, j])) for i in range(len(paths)) for j in range(i + 1, len(paths))]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))


def _predictive(problem: Problem, known: Known, rounds: list[Round], check: Round) -> list[dict[str, Any]]:
    """Return a row a figure: observed against what runs with the fitted facts show, and before the fit."""
    rows = []
    last = known.stages[-1][0]
    foretold, _ = last.mean(check.unit)
    away = problem.scaled(check.found) - foretold
    for column, figure in enumerate(problem.figures):
        seed = problem.file.seed
        before = figure.measured(rounds[0].found[:, column], seed)
        after = figure.measured(check.found[:, column], seed + 1)
        spread = float(np.sqrt(last.luck[column, column] + figure.noise)) or 1.0
        rows.append(
            {
                "figure": figure.name,
                "measure": figure.target.measure,
                "observed": figure.observed,
                "error": figure.error,
                **{f"before_{name}": float(np.quantile(before, q)) for name, q in QUANTILES},
                **{name: float(np.quantile(after, q)) for name, q in QUANTILES},
                "p": two_sided(after, figure.observed),
                "p_before": two_sided(before, figure.observed),
                "emulator_off": float(away[:, column].mean()) / spread,
            }
        )
    return rows


def two_sided(shown: Floats, observed: float) -> float:
    """Return how often runs lie as far out as the observed figure, ties counted half, on the nearer side twice."""
    tied = 0.5 * float((shown == observed).mean())
    return min(1.0, 2 * min(float((shown < observed).mean()) + tied, float((shown > observed).mean()) + tied))


def _runs(problem: Problem, rounds: list[Round], check: Round) -> pd.DataFrame:
    """Return every run that did not fail: its round, facts and figures."""
    import pandas as pd

    tables = []
    for name, one in zip([*(str(k + 1) for k in range(len(rounds))), "check"], (*rounds, check), strict=True):
        facts = pd.DataFrame(problem.natural(one.unit), columns=[fact.path for fact in problem.facts])
        figures = pd.DataFrame(one.found, columns=[figure.name for figure in problem.figures])
        tables.append(pd.concat([facts, figures], axis=1).assign(round=name))
    return pd.concat(tables, ignore_index=True)
