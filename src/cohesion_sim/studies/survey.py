"""A survey that sees what a survey would see: some of the people, some of whom refuse, and noisy answers.

Every person has her own draws, keyed by person and wave (answers: and item), so two arms of the same place ask the same
people as long as nothing else differs. A panel draws as at wave 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.randomness import Luck

if TYPE_CHECKING:
    from cohesion_sim.population import Population
    from cohesion_sim.scenario import Measurement

Values = NDArray[np.float64]
Rows = NDArray[np.int64]
Labels = NDArray[np.integer]

SCALE_SD = 0.22
"""SD between individuals of a 0-1 scale, before the noise of the answers (assumption; setting 6.0)."""
SCALES = {
    "unit": (0.0, 1.0, 0),
    "thermometer": (0.0, 100.0, 20),
    "trust4": (1.0, 4.0, 3),
    "bogardus": (7.0, 1.0, 6),
    "index": (0.0, 10.0, 100),
}
"""What a scale says at 0 and at 1, and its steps between (0: any number)."""
_ADULT = 18  # years at the start


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How people are sampled and asked."""

    n: Annotated[int, Choice("respondents", 1, 100_000, "size of the sample")] = 400
    unit: Annotated[
        Literal["person", "household"], "what is drawn: a person, or a household for which one adult answers"
    ] = "person"
    cluster: Annotated[int, Choice("respondents", 0, 1000, "in one sampled cluster (0: a simple random sample)")] = 0
    cluster_by: Annotated[Literal["quarter", "village"], "what a cluster is"] = "quarter"
    response: Annotated[float, Fact("share", 0.05, 1, "of those approached who answer")] = 1.0
    refusal_tilt: Annotated[
        float, Fact("log-odds", -10, 10, "of answering, per unit of attitude above the mean of those eligible")
    ] = 0.0
    reliability: Annotated[float, Fact("0-1", 0.05, 1, "of one item: correlation of two answers of the same truth")] = (
        0.6
    )
    desirability: Annotated[
        float, Fact("0-1", 0, 1, "share of the way from the own view to the perceived norm that an answer goes")
    ] = 0.0
    shock: Annotated[
        float, Fact("SD", 0, 0.5, "of a shift common to a cluster's answers to one item at one wave, on 0-1")
    ] = 0.0
    scale: Annotated[
        Literal["unit", "thermometer", "trust4", "bogardus", "index"],
        "0-1; 0-100 in fives; 1-4; social distance 7-1 (1 the closest); 0-10 in tenths",
    ] = "unit"
    items: Annotated[int, Choice("items", 1, 50, "averaged into one answer")] = 1
    panel: Annotated[bool, "the same people at every wave"] = False


def ordinary(measurement: Measurement) -> Survey:
    """Return the ordinary survey of a scenario: quarters, then persons in them; [measurement] says the rest.

    Quarters differ hardly in what is true of them, so the likeness asked for (``icc``, of the variance of
    answers) comes from a shift common to the answers of a quarter: interviewers, the mood of the street.
    """
    reliability = 1 / (1 + (1 / measurement.reliability - 1) / measurement.items)
    return Survey(
        n=measurement.survey,
        cluster=measurement.cluster if measurement.cluster > 1 else 0,
        response=measurement.response,
        reliability=measurement.reliability,
        desirability=measurement.desirability,
        shock=(measurement.icc / reliability) ** 0.5 * SCALE_SD,
        items=measurement.items,
    )


def sample(
    survey: Survey,
    people: Population,
    eligible: NDArray[np.bool_],
    luck: Luck,
    wave: int,
    attitude: NDArray[np.floating] | None = None,
) -> Rows:
    """Return the rows of those who answer, (n,) or fewer when too few are willing.

    Clusters are drawn with probability proportional to their eligible people (or households), systematically after a
    shuffle; a large one may be drawn twice and then gives twice as many. Whoever refuses is replaced by the next in the
    random order of the cluster, until it is full or nobody is left.

    Parameters
    ----------
    eligible
        Who may be asked, (people,).
    luck
        Of this survey, with ``people.key``.
    attitude
        Of everybody, (people,), 0-1; needed only for ``refusal_tilt``.
    """
    at = 0 if survey.panel else wave
    rows = np.flatnonzero(eligible).astype(np.int64)
    if survey.unit == "household":
        rows = rows[people.age[rows] >= _ADULT]
        rows = _one_each(rows, people.household[rows], luck.uniform("adult", at, rows))
    order = rows[np.argsort(luck.uniform("approached", at, rows), kind="stable")]
    answering = _answering(survey, order, luck, at, attitude)
    if not survey.cluster:
        return order[answering][: survey.n]
    label = people.quarter if survey.cluster_by == "quarter" else people.village
    wanted = _quota(survey, label[rows], Luck(luck.seed, f"{luck.scope}/clusters"), at)
    order = order[answering & (wanted[label[order]] > 0)]
    order = order[np.argsort(label[order], kind="stable")]
    mine = label[order]
    place = np.arange(len(order)) - np.searchsorted(mine, mine)
    return order[place < wanted[mine]]


def _one_each(rows: Rows, household: Labels, draw: NDArray[np.float32]) -> Rows:
    """Return one row a household, the one with the smallest draw."""
    order = np.lexsort((draw, household))
    first = np.unique(household[order], return_index=True)[1]
    return rows[order][first]


def _answering(
    survey: Survey, rows: Rows, luck: Luck, at: int, attitude: NDArray[np.floating] | None
) -> NDArray[np.bool_]:
    """Return who would answer when approached."""
    if survey.response >= 1:
        return np.ones(len(rows), np.bool_)
    willing = np.full(len(rows), np.log(survey.response / (1 - survey.response)))
    if survey.refusal_tilt and attitude is not None and len(rows):
        mine = attitude[rows].astype(np.float64)
        willing += survey.refusal_tilt * (mine - mine.mean())
    return np.asarray(luck.uniform("answers", at, rows) < 1 / (1 + np.exp(-willing)))


def _quota(survey: Survey, labels: Labels, luck: Luck, at: int) -> Rows:
    """Return how many respondents each cluster is to give, by its label."""
    size = np.bincount(labels)
    out = np.zeros(len(size), np.int64)
    if not len(labels):
        return out
    known = np.flatnonzero(size)
    known = known[np.argsort(luck.uniform("order", at, known), kind="stable")]
    draws = -(-survey.n // survey.cluster)
    start = float(luck.uniform("start", at, np.array([0]))[0])
    points = (start + np.arange(draws)) * (len(labels) / draws)
    hit = known[np.searchsorted(np.cumsum(size[known]), points, side="right")]
    each = np.full(draws, survey.cluster)
    each[-1] = survey.n - (draws - 1) * survey.cluster
    np.add.at(out, hit, each)
    return out


def answers(
    survey: Survey,
    truth: NDArray[np.floating],
    norm: NDArray[np.floating] | None,
    cluster: Labels,
    luck: Luck,
    rows: Rows,
    wave: int,
    item: int,
) -> Values:
    """Return the answers of ``rows`` to one question, 0-1, shape of ``rows``.

    The answer goes from the truth towards the perceived norm (``norm``; None where there is none), then come an error
    of the person, wave and item and a shift of the cluster, wave and item. Error variance is that of classical test
    theory, ``SCALE_SD² (1/reliability - 1)`` an item, less in the mean of several (Spearman-Brown). Shifts of two items
    are independent: what is in the air about one question need not be about another.

    Parameters
    ----------
    truth, norm, cluster
        Of everybody, (people,).
    item
        Number of the question.
    """
    value = truth[rows].astype(np.float64)
    if norm is not None and survey.desirability:
        value += survey.desirability * (norm[rows] - value)
    error = SCALE_SD * ((1 / survey.reliability - 1) / survey.items) ** 0.5
    value += error * luck.normal(f"error {item}:", wave, rows)
    if survey.shock:
        known, mine = np.unique(cluster[rows], return_inverse=True)
        shocks = Luck(luck.seed, f"{luck.scope}/shock").normal(f"shock {item}:", wave, known)
        value += survey.shock * shocks[mine]
    return np.asarray(np.clip(value, 0, 1))


def to_scale(survey: Survey, value: Values) -> Values:
    """Return what the scale can hold of 0-1 answers, on 0-1 again; the mean of several items has finer steps."""
    steps = SCALES[survey.scale][2] * survey.items
    held = np.clip(value, 0, 1)
    return np.asarray(np.floor(held * steps + 0.5) / steps if steps else held)


def on_scale(survey: Survey, value: Values) -> Values:
    """Return 0-1 answers as the scale's own numbers, rounded to what it can hold."""
    zero, one, _ = SCALES[survey.scale]
    return zero + (one - zero) * to_scale(survey, value)


def icc(values: Values, cluster: Labels) -> float:
    """Return the intraclass correlation by one-way analysis of variance, for clusters of any sizes; NaN if unknown."""
    known, index = np.unique(cluster, return_inverse=True)
    k, n = len(known), len(values)
    if k < 2 or n <= k:
        return float("nan")
    size = np.bincount(index)
    mean = np.bincount(index, values) / size
    between = float((size * (mean - values.mean()) ** 2).sum()) / (k - 1)
    within = float(((values - mean[index]) ** 2).sum()) / (n - k)
    usual = (n - float((size**2).sum()) / n) / (k - 1)
    spread = between + (usual - 1) * within
    return (between - within) / spread if spread > 0 else float("nan")


def design_effect(size: float, icc: float) -> float:
    """Return how many times larger clusters of ``size`` make the variance of a mean."""
    return 1 + (size - 1) * icc
