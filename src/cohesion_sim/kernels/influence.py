"""Social influence (model.md 4.2): people who meet grow alike if they are not too far apart.

Bounded confidence (Deffuant et al. 2000) along ties, then a pull back to one's anchor (Friedkin & Johnsen 1990). A person's
encounters of the week are taken one after another on her own row, with partners as they were at the week's start.
"""

import numba
import numpy as np


@numba.njit(inline="always")
def listen(before, now, i, j, weight, confidence):
    """Move resident i's attitudes (row of ``now``) towards those of j (row of ``before``), in place."""
    for g in range(now.shape[1]):
        difference = before[j, g] - now[i, g]
        if abs(difference) < confidence:
            now[i, g] += weight * difference


@numba.njit(inline="always")
def return_to_anchor(now, i, anchor, rate):
    """Move resident i's attitudes back towards her anchor by ``rate`` of the distance and keep them in [0, 1]."""
    zero, one = now.dtype.type(0.0), now.dtype.type(1.0)
    for g in range(now.shape[1]):
        value = now[i, g] + rate * (anchor[i, g] - now[i, g])
        now[i, g] = min(max(value, zero), one)


@numba.njit(cache=True, nogil=True)
def anchors(
    attitude,
    rate,
    chance,
    kind,
    start,
    partner,
    tie,
    closeness,
    across,
    pull,
    confidence,
    good,
    rules,
    community,
):
    """Return anchors (n, communities) under which an ordinary week leaves everyone, in expectation, where she is.

    Without it the first months would only show how far the invented starting attitudes are from rest. The expected weekly
    drift (influence along ties, contact at the ambient share of good encounters) is divided by ``rate`` and taken off.
    """
    n, groups = attitude.shape
    out = np.empty_like(attitude)
    for i in range(n):
        own = community[i]
        for g in range(groups):
            drift = np.float32(0.0)
            for h in range(start[i], start[i + 1]):
                j = partner[h]
                k = kind[tie[h]]
                other = community[j]
                weight = closeness[k] if other == own else closeness[k] * across
                difference = attitude[j, g] - attitude[i, g]
                if abs(difference) < confidence:
                    drift += chance[k] * weight * pull * difference
                if other != own and g != own:
                    share = rules.generalisation if g == other else rules.generalisation * rules.third_groups
                    up = good * rules.gain * (np.float32(1.0) - attitude[i, g])
                    down = (np.float32(1.0) - good) * rules.loss * attitude[i, g]
                    drift += chance[k] * share * (up - down)
            out[i, g] = attitude[i, g] - drift / rate
    return out
