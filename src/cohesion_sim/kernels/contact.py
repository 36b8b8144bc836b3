"""Contact between communities (model.md 4.1): does an encounter go well, and what does it leave.

A tie's own trust and the attitude to the group are two things: the tie moves by ``gain``, the group only by
``generalisation`` of that, so effects are large on people met and small on strangers (Lowe 2025; Mousa 2020). Bad encounters
weigh ``bad_to_good`` times a good one (Barlow et al. 2012). A good ambient share of three in four is met by the intercept
(Graf et al. 2014).
"""

from typing import NamedTuple

import numba
import numpy as np

from cohesion_sim.kernels.arithmetic import logistic


class ContactRules(NamedTuple):
    """The numbers of the contact rule; steps are shares of the gap."""

    intercept: np.float32
    trust_slope: np.float32
    language_slope: np.float32
    setting_slope: np.float32
    gain: np.float32  # a tie's step after a good encounter
    loss: np.float32  # after a bad one
    generalisation: np.float32
    third_groups: np.float32
    allport: np.float32  # multiplies the group's step in facilitated contact


@numba.njit(inline="always")
def chance_good(rules, trust, shared, setting):
    """Return the chance that an encounter goes well, from tie trust (0-1), a shared language (0 or 1) and setting."""
    return logistic(
        rules.intercept
        + rules.trust_slope * (trust - 0.5)
        + rules.language_slope * (shared - 0.5)
        + rules.setting_slope * setting
    )


@numba.njit(inline="always")
def generalise(attitude, i, own, other, good, rules, weight):
    """Move the attitudes of resident i after an encounter with community ``other``, in place."""
    step = (rules.gain if good else rules.loss) * rules.generalisation * weight
    aim = attitude.dtype.type(1.0 if good else 0.0)
    attitude[i, other] += step * (aim - attitude[i, other])
    if rules.third_groups > 0.0:
        step = step * rules.third_groups
        for g in range(attitude.shape[1]):
            if g not in (own, other):
                attitude[i, g] += step * (aim - attitude[i, g])


@numba.njit(cache=True, nogil=True)
def ambient_good(rules, chance, kind, first, second, trust, community, speaks):
    """Return the expected share of ordinary encounters along ties between communities that go well (1 if none)."""
    well = 0.0
    total = 0.0
    for k in range(first.size):
        i, j = first[k], second[k]
        if community[i] != community[j]:
            shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
            weight = np.float64(chance[kind[k]])
            well += weight * chance_good(rules, trust[k], shared, np.float32(0.0))
            total += weight
    return well / total if total > 0.0 else 1.0
