"""Perceived norms and acting across the line (odd.md 7.3).

What people like me approve is learned from what they are seen to do, apart from what I privately think [PALUCK09].
Thresholds at which people join in are the limit of a steep ``act_norm`` [GRANOVETTER78].
"""

from typing import NamedTuple

import numpy as np

from cohesion_sim.compiled import loop_body, rule
from cohesion_sim.kernels.arithmetic import exp, logistic


class NormRules(NamedTuple):
    """The numbers of the norm rule: learning is a weekly weight, the others are logits."""

    learning: np.float32
    act_base: np.float32
    act_attitude: np.float32
    act_norm: np.float32


@loop_body
def acts(rules, attitude, norm, draw):
    """Return whether somebody acts across the line this week (joins, helps, invites, steps in), by a draw in [0, 1).

    The chance is logistic(act_base + act_attitude (attitude - 1/2) + act_norm (norm - 1/2)).
    """
    readiness = rules.act_base + rules.act_attitude * (attitude - 0.5) + rules.act_norm * (norm - 0.5)
    return draw * (1.0 + exp(-readiness)) < 1.0


@rule
def mean_acting(rules, others, norm):
    """Return the expected share of residents who act across the line, from their attitudes to others and norms (n,)."""
    total = 0.0
    for i in range(norm.size):
        readiness = rules.act_base + rules.act_attitude * (others[i] - 0.5) + rules.act_norm * (norm[i] - 0.5)
        total += logistic(readiness)
    return total / norm.size


@loop_body
def learn(norm, acting, seen, learning):
    """Return the perceived norm after seeing ``acting`` of ``seen`` people like me act across the line."""
    if seen == 0:
        return norm
    return norm + learning * (acting / seen - norm)
