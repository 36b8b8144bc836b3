"""V6: the act rule in its steep limit is the rule of the rebellion model [EPSTEIN02].

Somebody with hardship H and risk aversion R, both uniform, is active if H (1 - L) - R P > T, where L is legitimacy and
P = 1 - exp(-k C / A) the chance of arrest for C police by A active. Drives `encounters.act` with grievance H (1 - L) in
the place of the attitude and net risk R P, with a negative weight, in that of the norm; and `disputes.violence_chance`,
whose fall with skill is the same law, for P. Only the rule is had: people who move about a grid, police and jail, and
with them the bursts of the published model, are no part of this engine.
"""

from __future__ import annotations

import numpy as np

from cohesion_sim.kernels.disputes import violence_chance
from cohesion_sim.kernels.norms import NormRules
from cohesion_sim.verification._place import Bare, f32, luck
from cohesion_sim.verification._villages import quiet_disputes

K, THRESHOLD, STEEPNESS = 2.3, 0.1, 1e7


def arrest(police_by_active: float) -> float:
    """Return the chance of arrest."""
    return 1.0 - float(violence_chance(1.0, quiet_disputes(skill_effect=K), f32(police_by_active), f32(0)))


def active(legitimacy: float, police_by_active: float, n: int) -> float:
    """Return the share of n people who are active."""
    rules = NormRules(
        learning=f32(0), act_base=f32(-STEEPNESS * THRESHOLD), act_attitude=f32(STEEPNESS), act_norm=f32(-STEEPNESS)
    )
    place = Bare(n)
    place.attitude[:, 0] = luck(6).uniform("hardship", 0, np.arange(n)) * (1 - legitimacy)
    place.norm[:] = luck(6).uniform("risk aversion", 0, np.arange(n)) * arrest(police_by_active)
    place.act(rules)
    return float(place.acts.mean())


def measure(quick: bool) -> dict[str, float]:
    """Return the chance of arrest at C = A, and shares who are active."""
    n = 200_000 if quick else 2_000_000
    return {
        "arrest at C = A": arrest(1.0),
        "active without police": active(0.82, 0.0, n),
        "active when arrest is certain": active(0.82, 40.0, n),
        "active at legitimacy 0.9": active(0.9, 0.0, n),
    }
