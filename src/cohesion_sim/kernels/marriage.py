"""Early marriage (odd.md 7.6): weekly hazard of girls of 14-17.

The rate is the region's (MICS 2018 [C5]); belief and perceived norm weigh little, because awareness alone
moves norms and hardly marriages [BUCHMANN23, MALHOTRA21]; an incentive to stay at
school and leaders who refuse the rite act on the hazard itself.
"""

import numpy as np

from cohesion_sim.compiled import rule
from cohesion_sim.kernels.arithmetic import exp
from cohesion_sim.randomness import philox, unit


@rule
def week(
    seed,
    what,
    week_number,
    key,
    girls,
    age,
    married,
    household,
    congregation,
    leaders,
    belief,
    approval,
    approval_mean,
    belief_weight,
    norm_weight,
    early,
    late,
    incentive,
    paid,
    rite,
    evasion,
    refusal,
    refusal_start,
    wedded,
):
    """Return how many girls marry this week; marks them in ``married`` and lists their rows in ``wedded``.

    ``early`` and ``late`` are the weekly hazards at 14-15 and 16-17; ``refusal`` (n,) is the chance that a
    leader refuses.
    """
    count = 0
    for k in range(girls.size):
        i = girls[k]
        if married[i] or age[i] < 14.0 or age[i] >= 18.0:
            continue
        house = household[i]
        hazard = (late if age[i] >= 16.0 else early) * exp(
            belief_weight * (belief[house] - approval_mean) + norm_weight * (approval[house] - approval_mean)
        )
        if paid[i]:
            hazard *= 1.0 - incentive
        if congregation[i] >= 0:
            more = (refusal[leaders[congregation[i]]] - refusal_start) / (1.0 - refusal_start)
            hazard *= 1.0 - rite * (1.0 - evasion) * max(more, 0.0)
        if unit(philox(key[i], np.uint32(0), week_number, what, seed)[0]) < hazard:
            married[i] = True
            wedded[count] = i
            count += 1
    return count
