"""What we call conflict, tolerance, trust and cohesion: each measure with unit, direction and meaning.

Measures are computed for all residents and by sex, age band, community and village. Attitudes and the like
are means over residents of 14 and older who are measured as a survey would meet them; counts belong to the
group of the person who started the dispute (or of the girl).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AGES = ("0-13", "14-28", "29-59", "60+")
"""Age bands of the results; 14-28 is youth in the law of Kyrgyzstan."""

FIRST_AGE = (0, 14, 29, 60)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: ``flow`` counts events in a week, otherwise it is the state at the end of the week.

    ``better`` is 1 when more is better, -1 when less is, 0 when neither.
    """

    name: str
    title: str
    unit: str
    flow: bool
    better: int
    meaning: str


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "violent",
            "violent disputes",
            "count",
            True,
            -1,
            "known disputes that ended in violence this week",
        ),
        Measure("disputes", "disputes", "count", True, 0, "known disputes that arose this week"),
        Measure(
            "registered",
            "registered disputes",
            "count",
            True,
            0,
            "disputes taken up by an institution this week",
        ),
        Measure("settled", "settled disputes", "count", True, 1, "known disputes settled this week"),
        Measure(
            "unresolved",
            "unresolved disputes",
            "count",
            True,
            -1,
            "known disputes dropped unsettled this week",
        ),
        Measure("open", "open disputes", "count", False, -1, "known disputes open at the end of the week"),
        Measure(
            "blows", "youth quarrels with blows", "count", True, -1, "quarrels of 12-22-year-olds with blows"
        ),
        Measure("group_fights", "group fights", "count", True, -1, "youth quarrels grown to ten or more"),
        Measure("gatherings", "gatherings", "count", True, -1, "group fights after which adults gathered"),
        Measure(
            "witnessed",
            "pupils who saw violence",
            "share",
            False,
            -1,
            "pupils who saw violence since the start of the year of the run",
        ),
        Measure(
            "attitude",
            "attitude to others",
            "0-1",
            False,
            1,
            "mean attitude to the other communities, weighted by their size",
        ),
        Measure(
            "norm",
            "perceived norm",
            "0-1",
            False,
            1,
            "how much people like me approve of dealing with the others",
        ),
        Measure(
            "acceptance",
            "acceptance as neighbour",
            "share",
            False,
            1,
            "who accept the other communities as neighbours (Bogardus cut)",
        ),
        Measure(
            "contact",
            "contact across the line",
            "share",
            False,
            1,
            "who met somebody of another community this week",
        ),
        Measure(
            "good",
            "encounters that went well",
            "share",
            False,
            1,
            "of this week's encounters between communities",
        ),
        Measure(
            "tie_trust",
            "trust in those known",
            "0-1",
            False,
            1,
            "mean trust over the ties that people of two communities have had all along",
        ),
        Measure("trust", "trust in the municipality", "0-1", False, 1, "trust in local self-government"),
        Measure("security", "felt security", "0-1", False, 1, "felt security"),
        Measure("participation", "participation", "0-1", False, 1, "how active in public life lately"),
        Measure("grievance", "grievance", "0-1", False, -1, "grievance"),
        Measure(
            "language",
            "speak the state language",
            "share",
            False,
            1,
            "who speak the first language of the scenario well",
        ),
        Measure("marriages", "girls married under 18", "count", True, -1, "girls of 14-17 married this week"),
        Measure(
            "approval",
            "approval of early marriage",
            "0-1",
            False,
            -1,
            "perceived approval in households with girls of 14-17",
        ),
        Measure(
            "mediators", "active mediators", "people", False, 1, "trained residents whose skill is alive"
        ),
        Measure("attended", "people who took part", "people", False, 0, "took part in person, so far"),
        Measure("reached", "people reached", "people", False, 0, "took part or were in an audience, so far"),
        Measure("spending", "spending", "USD", True, 0, "money spent this week, all lines"),
        Measure(
            "polarisation",
            "polarisation",
            "index",
            False,
            -1,
            "Esteban-Ray index of attitudes, alpha 1.3, ten classes",
        ),
        Measure(
            "spread", "spread between communities", "0-1", False, -1, "warmest minus coldest community mean"
        ),
        Measure(
            "cohesion",
            "cohesion index",
            "0-10",
            False,
            1,
            "mean of trust, security, attitude, acceptance, contact, participation, times ten",
        ),
    )
}
"""All measures by name, in the order of the results' columns."""

COHESION_PARTS = ("trust", "security", "attitude", "acceptance", "contact", "participation")


def cohesion(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cohesion index, 0-10: ten times the mean of ``COHESION_PARTS`` (last axis, each 0-1).

    In the manner of [SCORE]: institutions, security, attitude, social distance, contact, civic life with equal weight.
    """
    index: NDArray[np.float64] = 10.0 * np.mean(parts, axis=-1)
    return index


def polarisation(counts: NDArray[np.int64], alpha: float = 1.3) -> float:
    """Return the Esteban-Ray index of a histogram over equal classes on 0-1 ([ESTEBAN94], alpha 1-1.6).

    ``counts`` has shape (classes,). The index is sum p_i^(1+alpha) p_j |x_i - x_j|, scaled so that two equal halves at
    the two ends give 1.
    """
    total = counts.sum()
    if total == 0:
        return 0.0
    share = counts / total
    at = (np.arange(len(counts)) + 0.5) / len(counts)
    distance = np.abs(at[:, None] - at[None, :])
    worst = 2 * 0.5 ** (2 + alpha) * (at[-1] - at[0])
    return float((share[:, None] ** (1 + alpha) * share[None, :] * distance).sum() / worst)
