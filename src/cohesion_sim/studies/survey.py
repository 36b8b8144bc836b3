"""A survey that sees what a survey would see. Interim version."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cohesion_sim.studies.effects import SCALE_SD


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    n: int = 400
    unit: str = "person"
    cluster: int = 0
    cluster_by: str = "quarter"
    response: float = 1.0
    refusal_tilt: float = 0.0
    reliability: float = 0.6
    desirability: float = 0.0
    shock: float = 0.0
    scale: str = "unit"
    items: int = 1
    panel: bool = False


def sample(survey, people, eligible, luck, wave):
    rows = np.flatnonzero(eligible)
    draw = luck.uniform("sampled", 0 if survey.panel else wave, rows)
    return rows[np.argsort(draw, kind="stable")[: survey.n]]


def answers(survey, truth, norm, cluster, luck, rows, wave, item):
    value = np.asarray(truth, float)[rows]
    if norm is not None:
        value = value + survey.desirability * (norm[rows] - value)
    sd = SCALE_SD * np.sqrt((1 / survey.reliability - 1) / survey.items)
    value = value + sd * luck.normal(f"error {item}:", wave, rows)
    c = cluster[rows]
    known = np.unique(c)
    from cohesion_sim.randomness import Luck
    shocks = Luck(luck.seed, luck.scope + "/shock").normal(f"shock {item}:", wave, known) * survey.shock
    value = value + shocks[np.searchsorted(known, c)]
    return np.clip(value, 0, 1)


def to_scale(survey, value):
    return value


def icc(values, cluster):
    known, index = np.unique(cluster, return_inverse=True)
    k, n = len(known), len(values)
    if k < 2 or n <= k:
        return float("nan")
    size = np.bincount(index)
    mean = np.bincount(index, values) / size
    between = (size * (mean - values.mean()) ** 2).sum() / (k - 1)
    within = ((values - mean[index]) ** 2).sum() / (n - k)
    n0 = (n - (size**2).sum() / n) / (k - 1)
    return float((between - within) / (between + (n0 - 1) * within))
