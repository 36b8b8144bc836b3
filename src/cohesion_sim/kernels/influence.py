"""Social influence (odd.md 7.2): people who meet grow alike if they are not too far apart.

Bounded confidence along ties [DEFFUANT00], then a pull back to one's anchor [FRIEDKIN90]. A person's
encounters of the week are taken one after another on her own row, with partners as they were at the week's
start.
"""

import numpy as np

from cohesion_sim.compiled import fold, loop_body, rule

LANES = 8
"""Columns of every attitude array: at most eight communities. A fixed width keeps a resident's row in one register."""
_WIDTH = np.uint64(LANES)


@loop_body
def row(flat, i):
    """Return the attitudes of resident i as a tuple of eight; ``flat`` holds one row of eight after another."""
    k = np.uint64(i) * _WIDTH
    return (
        flat[k + np.uint64(0)],
        flat[k + np.uint64(1)],
        flat[k + np.uint64(2)],
        flat[k + np.uint64(3)],
        flat[k + np.uint64(4)],
        flat[k + np.uint64(5)],
        flat[k + np.uint64(6)],
        flat[k + np.uint64(7)],
    )


@loop_body
def put(flat, i, a):
    """Write the attitudes of resident i."""
    k = np.uint64(i) * _WIDTH
    flat[k + np.uint64(0)] = a[0]
    flat[k + np.uint64(1)] = a[1]
    flat[k + np.uint64(2)] = a[2]
    flat[k + np.uint64(3)] = a[3]
    flat[k + np.uint64(4)] = a[4]
    flat[k + np.uint64(5)] = a[5]
    flat[k + np.uint64(6)] = a[6]
    flat[k + np.uint64(7)] = a[7]


@fold
def _kept(value, zero, one):
    return min(max(value, zero), one)


@loop_body
def kept(a, one):
    """Return attitudes ``a`` (eight) kept in [0, 1]; ``one`` gives the type."""
    zero = one - one
    return (
        _kept(a[0], zero, one),
        _kept(a[1], zero, one),
        _kept(a[2], zero, one),
        _kept(a[3], zero, one),
        _kept(a[4], zero, one),
        _kept(a[5], zero, one),
        _kept(a[6], zero, one),
        _kept(a[7], zero, one),
    )


@fold
def _pull(own, other, weight, confidence):
    difference = other - own
    return own + weight * difference if abs(difference) < confidence else own


@loop_body
def listen(a, b, weight, confidence):
    """Return attitudes ``a`` (eight) moved towards ``b`` by ``weight`` where they are nearer than ``confidence``."""
    return (
        _pull(a[0], b[0], weight, confidence),
        _pull(a[1], b[1], weight, confidence),
        _pull(a[2], b[2], weight, confidence),
        _pull(a[3], b[3], weight, confidence),
        _pull(a[4], b[4], weight, confidence),
        _pull(a[5], b[5], weight, confidence),
        _pull(a[6], b[6], weight, confidence),
        _pull(a[7], b[7], weight, confidence),
    )


@loop_body
def towards(a, aim, step):
    """Return attitudes ``a`` (eight) moved by ``step`` (eight) of the way to ``aim`` (eight)."""
    return (
        a[0] + step[0] * (aim[0] - a[0]),
        a[1] + step[1] * (aim[1] - a[1]),
        a[2] + step[2] * (aim[2] - a[2]),
        a[3] + step[3] * (aim[3] - a[3]),
        a[4] + step[4] * (aim[4] - a[4]),
        a[5] + step[5] * (aim[5] - a[5]),
        a[6] + step[6] * (aim[6] - a[6]),
        a[7] + step[7] * (aim[7] - a[7]),
    )


@loop_body
def same(value):
    """Return eight times the same value."""
    return (value, value, value, value, value, value, value, value)


@loop_body
def scaled(a, factor):
    """Return ``a`` (eight) times a factor."""
    return (
        a[0] * factor,
        a[1] * factor,
        a[2] * factor,
        a[3] * factor,
        a[4] * factor,
        a[5] * factor,
        a[6] * factor,
        a[7] * factor,
    )


@rule
def anchors(
    attitude, rate, chance, start, partner, tie, weight, confidence, good, rules, strangers, community, groups, leader,
    leader_weight,
):  # fmt: skip
    """Return anchors (n, 8) under which an ordinary week leaves everyone, in expectation, where she is.

    ``leader`` (n,) is the row of the religious leader one listens to (-1: nobody), ``leader_weight`` the share of the
    difference that an ordinary week of sermons closes.

    Without it the first months would only show how far the invented starting attitudes are from rest. The
    expected weekly drift (influence along ties and by sermons, contact at the ambient share of good encounters) is
    divided by ``rate`` and taken off.
    """
    out = np.zeros_like(attitude)
    one = np.float32(1.0)
    for i in range(np.uint32(community.size)):
        own = community[i]
        met = np.float32(0.0)
        for g in range(np.uint32(groups)):
            met += strangers[g] if g != own else np.float32(0.0)
        for g in range(np.uint32(groups)):
            mine = attitude[i, g]
            drift = np.float32(0.0)
            for h in range(np.uint32(start[i]), np.uint32(start[i + 1])):
                j = np.uint32(partner[h])
                other = community[j]
                meets = chance[np.uint32(tie[h])]
                difference = attitude[j, g] - mine
                if abs(difference) < confidence:
                    drift += meets * weight[h] * difference
                if own != other and own != g:  # noqa: PLR1714 - Numba has no "in" over mixed integers
                    share = rules.generalisation if g == other else rules.generalisation * rules.third_groups
                    drift += (
                        meets * share * (good * rules.gain * (one - mine) - (one - good) * rules.loss * mine)
                    )
            if leader[i] >= 0:
                difference = attitude[np.uint32(leader[i]), g] - mine
                if abs(difference) < confidence:
                    drift += leader_weight * difference
            if g != own:
                share = rules.generalisation * (strangers[g] + rules.third_groups * (met - strangers[g]))
                drift += share * (good * rules.gain * (one - mine) - (one - good) * rules.loss * mine)
            out[i, g] = mine - drift / rate
    return out
