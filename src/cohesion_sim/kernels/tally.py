"""Totals of the week as exact integers: the same sums on any number of threads and on every machine."""

from typing import NamedTuple

import numpy as np

from cohesion_sim.compiled import part, rule
from cohesion_sim.kernels import trust as reputation
from cohesion_sim.kernels.disputes import MEDIATOR_SKILL
from cohesion_sim.kernels.encounters import to_others

UNIT = 1 << 20
"""Values of 0-1 are added up in millionths (2^-20)."""

(PEOPLE, ASKED, ATTITUDE, NORM, ACCEPTS, CONTACT, MET, WELL, TRUST, SECURITY, PARTICIPATION, GRIEVANCE,
SPEAKS, ATTENDED, REACHED, PUPILS, WITNESSED) = range(17)  # fmt: skip
"""Columns of the totals (cells, 17)."""

GIRL_FROM, GIRL_UNTIL = 14.0, 18.0
"""Ages of the girls whose households' approval of early marriage is reported."""

CLASSES = 10
"""Classes of the histogram of attitudes."""


class Groups(NamedTuple):
    """Who is counted where: what stays the same in a run."""

    cell: np.ndarray  # (n,)
    of_cell: np.ndarray  # (cells, 5) the groups a cell belongs to
    asked: np.ndarray  # (n,) old enough to be asked
    pupil: np.ndarray  # (n,)
    community: np.ndarray  # (n,)
    household: np.ndarray  # (n,)
    weights: np.ndarray  # (communities, 8) of the attitude to others
    across: np.ndarray  # ties between communities
    girls: np.ndarray  # rows of girls who are or will be of 14-17
    cut: np.float32  # attitude from which others are accepted


class States(NamedTuple):
    """What is added up: one array a property, (n,) unless said."""

    here: np.ndarray
    age: np.ndarray
    attitude: np.ndarray  # (n, 8)
    norm: np.ndarray
    met: np.ndarray
    well: np.ndarray
    good: np.ndarray
    bad: np.ndarray
    security: np.ndarray
    participation: np.ndarray
    grievance: np.ndarray
    skill: np.ndarray
    speaks: np.ndarray
    attended: np.ndarray
    reached: np.ndarray
    witnessed: np.ndarray
    approval: np.ndarray  # (households,)
    tie_trust: np.ndarray  # (m,)


@rule
def week(groups, states, totals, events, histogram, sums):
    """Add up a week: ``histogram`` (communities, classes) and ``sums`` (groups, 17 + 10).

    ``totals`` (cells, 17) is room to work in; ``events`` (cells, 10) are emptied for the next week. Returns what
    `whole` returns.
    """
    totals[:] = 0
    residents(groups, states, totals, histogram)
    margins(groups.of_cell, totals, events, sums)
    events[:] = 0
    return whole(
        groups.across, states.tie_trust, groups.girls, states.age, groups.household, states.approval, states.skill
    )


@part
def residents(groups, states, totals, histogram):
    """Add this week's sums over residents to ``totals`` (cells, 17) and ``histogram`` (communities, classes)."""
    cell, asked, pupil, community, weights = groups.cell, groups.asked, groups.pupil, groups.community, groups.weights
    cut, here, attitude, norm = groups.cut, states.here, states.attitude, states.norm
    met, well = states.met, states.well
    good, bad, security, participation = states.good, states.bad, states.security, states.participation
    grievance, speaks, attended, reached = states.grievance, states.speaks, states.attended, states.reached
    witnessed, scale = states.witnessed, np.float32(UNIT)
    for i in range(np.uint32(cell.size)):
        row = totals[cell[i]]
        row[PEOPLE] += 1
        row[ATTENDED] += attended[i]
        row[REACHED] += reached[i]
        if pupil[i]:
            row[PUPILS] += 1
            row[WITNESSED] += witnessed[i]
        if not (asked[i] & here[i]):
            continue
        own = community[i]
        mean = to_others(attitude, i, weights, own)
        row[ASKED] += 1
        row[ATTITUDE] += np.int64(mean * scale)
        row[NORM] += np.int64(norm[i] * scale)
        row[ACCEPTS] += mean >= cut
        row[CONTACT] += met[i] > 0
        row[MET] += met[i]
        row[WELL] += well[i]
        row[TRUST] += np.int64(reputation.expected(good[i], bad[i]) * scale)
        row[SECURITY] += np.int64(security[i] * scale)
        row[PARTICIPATION] += np.int64(participation[i] * scale)
        row[GRIEVANCE] += np.int64(grievance[i] * scale)
        row[SPEAKS] += speaks[i] & 1
        histogram[own, min(np.int64(mean * np.float32(CLASSES)), CLASSES - 1)] += 1


@part
def whole(across, trust, girls, age, household, approval, skill):
    """Return what is counted for the whole place only, sums in units.

    Trust over the ties between communities; girls of 14-17 and the approval of early marriage in their households;
    active mediators.
    """
    scale = np.float32(UNIT)
    total, number, approves, active = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for k in across:
        total += np.int64(trust[k] * scale)
    for i in girls:
        if GIRL_FROM <= age[i] < GIRL_UNTIL:
            number += 1
            approves += np.int64(approval[household[i]] * scale)
    for value in skill:
        active += value >= MEDIATOR_SKILL
    return total, number, approves, active


@part
def margins(of_cell, totals, events, out):
    """Add the totals and events of each cell to the groups it belongs to; ``out`` is (groups, 17 + 10)."""
    columns = totals.shape[1]
    for c in range(of_cell.shape[0]):
        if totals[c, PEOPLE] == 0:
            continue
        for k in range(of_cell.shape[1]):
            row = out[of_cell[c, k]]
            for m in range(columns):
                row[m] += totals[c, m]
            for m in range(events.shape[1]):
                row[columns + m] += events[c, m]
