"""Contact between communities (odd.md 7.1): does an encounter go well, and what does it leave.

A tie's own trust and the attitude to the group are two things: the tie moves by ``gain``, the group only by
``generalisation`` of that, so effects are large on people met and small on strangers [LOWE25].
Bad encounters weigh ``bad_to_good`` times a good one [BARLOW12]. A good ambient share of three in
four is met by the intercept [GRAF14].
"""

from typing import NamedTuple

import numpy as np

from cohesion_sim.compiled import loop_body, rule
from cohesion_sim.kernels.arithmetic import logistic
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.randomness import philox, unit


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


@loop_body
def chance_good(rules, trust, shared, setting):
    """Return the chance that an encounter goes well, from tie trust (0-1), a shared language (0 or 1) and setting."""
    return logistic(
        rules.intercept
        + rules.trust_slope * (trust - 0.5)
        + rules.language_slope * (shared - 0.5)
        + rules.setting_slope * setting
    )


def spread_table(communities, third_groups):
    """Return (64, 8): row own · 8 + other says how much of a group's step each community takes.

    All of it goes to the community met, ``third_groups`` of it to third ones, nothing to one's own.
    """
    table = np.zeros((LANES * LANES, LANES), np.float32)
    for own in range(communities):
        for other in range(communities):
            if own != other:
                table[own * LANES + other, :communities] = third_groups
                table[own * LANES + other, other] = 1.0
                table[own * LANES + other, own] = 0.0
    return table


@rule
def ambient_good(rules, chance, first, second, trust, community, speaks):
    """Return the expected share of ordinary encounters along ties between communities that go well (1 if none).

    All arrays of ties hold only ties between communities; ``chance`` is the weekly chance of each to meet.
    """
    well = 0.0
    total = 0.0
    for k in range(first.size):
        i, j = first[k], second[k]
        shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
        well += chance[k] * chance_good(rules, trust[k], shared, np.float32(0.0))
        total += chance[k]
    return well / total if total > 0.0 else 1.0


@rule
def settle(seed, what, weeks, rules, chance, tie, first, second, trust, speaks):
    """Let ties between communities live through ordinary weeks before the first one; moves ``trust`` in place.

    A tie's trust depends on a shared language and on the tie's own history, so it starts where such weeks
    leave it. ``tie`` (across,) are the numbers by which the draws know the ties; the other arrays of ties hold
    the same ones.
    """
    for k in range(np.uint32(tie.size)):
        shared = np.float32(1.0 if speaks[first[k]] & speaks[second[k]] else 0.0)
        value = trust[k]
        for week in range(np.uint32(weeks)):
            a, b, _, _ = philox(np.uint32(tie[k]), np.uint32(0), np.uint32(week), what, seed)
            if unit(a) < chance[k]:
                if unit(b) < chance_good(rules, value, shared, np.float32(0.0)):
                    value += rules.gain * (np.float32(1.0) - value)
                else:
                    value -= rules.loss * value
        trust[k] = value
