"""Social influence (odd.md 7.2): people who meet grow alike if they are not too far apart.

Bounded confidence along ties [DEFFUANT00], then a pull back to one's anchor [FRIEDKIN90]. A person's
encounters of the week are taken one after another on her own row, with partners as they were at the week's
start.
"""

import numpy as np

from cohesion_sim.compiled import rule


@rule
def anchors(
    attitude, rate, chance, start, partner, tie, weight, confidence, good, rules, strangers, community, groups, leader,
    leader_weight, out,
):  # fmt: skip
    """Fill ``out`` (n, 8) with the anchors under which an ordinary week leaves everyone, in expectation, where she is.

    ``leader`` (n,) is the row of the religious leader one listens to (-1: nobody), ``leader_weight`` the share of the
    difference that an ordinary week of sermons closes.

    Without it the first months would only show how far the invented starting attitudes are from rest. The
    expected weekly drift (influence along ties and by sermons, contact at the ambient share of good encounters) is
    divided by ``rate`` and taken off.
    """
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
