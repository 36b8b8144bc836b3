"""Who gets a seat: the luckiest of each group, groups in turn [own]."""

import numpy as np

from cohesion_sim.compiled import loop_body, ruled


@ruled(error_model="numpy")
def balanced(luck, group, share, n):
    """Return the positions (int64) of at most ``n`` seats: in each group those with the smallest ``luck``.

    ``group`` (int64, shape of ``luck``) counts from 0. A group has a turn every 1 / ``share[group]``, and at equal
    turns the first group goes first.
    """
    order, groups = _by_luck(luck), share.size
    begin = np.empty(groups + 1, np.int64)
    for g in range(groups + 1):
        begin[g] = 0
    for g in group:
        begin[g + 1] += 1
    for g in range(groups):
        begin[g + 1] += begin[g]
    lucky, filled = np.empty(luck.size, np.int64), np.empty(groups, np.int64)
    for g in range(groups):
        filled[g] = begin[g]
    for position in order:  # now the members of each group stand together, the luckiest first
        lucky[filled[group[position]]] = position
        filled[group[position]] += 1
    first, turn, taken = np.empty(groups), np.empty(groups), np.empty(groups, np.int64)
    for g in range(groups):
        size = begin[g + 1] - begin[g]
        first[g], taken[g] = 0.0, 0
        if size:
            # The smallest of so many uniform numbers gives one uniform number: where the group begins.
            first[g] = 1.0 - _whole_power(1.0 - np.float64(luck[lucky[begin[g]]]), size)
        turn[g] = first[g] / share[g] if size else np.inf
    chosen = np.empty(min(n, luck.size), np.int64)
    for seat in range(chosen.size):
        g = 0
        for other in range(groups):
            if turn[other] < turn[g]:
                g = other
        chosen[seat] = lucky[begin[g] + taken[g]]
        taken[g] += 1
        turn[g] = (taken[g] + first[g]) / share[g] if taken[g] < begin[g + 1] - begin[g] else np.inf
    return chosen


@loop_body
def _whole_power(x, times):
    """Return ``x`` to a whole power, by repeated products."""
    product = 1.0
    while times:
        if times & 1:
            product *= x
        x *= x
        times >>= 1
    return product


@loop_body
def _by_luck(luck):
    """Return the positions in ascending order of ``luck`` (uniform: a bin each), equal ones as they stand."""
    n = luck.size
    bins, start = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    for k in range(n + 1):
        start[k] = 0
    for k in range(n):
        bins[k] = min(max(np.int64(luck[k] * n), 0), n - 1)
        start[bins[k] + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    order = np.empty(n, np.int64)
    for k in range(n):
        order[start[bins[k]]] = k
        start[bins[k]] += 1
    for k in range(1, n):  # bins stand in order; inside a bin few are to be moved
        mine = order[k]
        at = k
        while at > 0 and luck[order[at - 1]] > luck[mine]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = mine
    return order
