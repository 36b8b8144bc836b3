"""Whom those meet whom activities made known to each other: this week's talks, and by chance all the others [own]."""

import numpy as np

from cohesion_sim.compiled import part


@part
def lined_up(talk, talk_setting, talk_turn, acquaintances, n, again, enough):
    """Return the arrays `encounters.pairs` goes through: pair, first, second, setting, chance, turn.

    Talks come first, for sure: position among the ``acquaintances``, setting, and which talk of the pair it is. All
    other acquaintances (low row · ``n`` + high row) follow, each with chance ``again``. Nobody has time for more than
    ``enough`` of them: who has more meets each less often, and so does whoever is known to such a person.
    """
    talks, size = talk.size, acquaintances.size
    low, high = np.empty(size, np.int32), np.empty(size, np.int32)
    known, talked = np.zeros(n, np.int32), np.zeros(size, np.bool_)
    for k in range(size):
        low[k] = acquaintances[k] // n
        high[k] = acquaintances[k] - np.int64(low[k]) * n
        known[low[k]] += 1
        known[high[k]] += 1
    others = size
    for k in range(talks):
        others -= not talked[talk[k]]
        talked[talk[k]] = True
    rows = talks + others
    pair, first, second = np.empty(rows, np.int64), np.empty(rows, np.int32), np.empty(rows, np.int32)
    setting, chance, turn = np.empty(rows, np.float32), np.empty(rows, np.float32), np.empty(rows, np.uint32)
    for k in range(talks):
        pair[k], setting[k], chance[k], turn[k] = talk[k], talk_setting[k], np.float32(1.0), talk_turn[k]
    at = talks
    for k in range(size):
        if not talked[k]:
            most = np.float32(max(known[low[k]], known[high[k]]))
            pair[at], setting[at], turn[at] = k, np.float32(0.0), np.uint32(0)
            chance[at] = again * enough / max(most, enough)
            at += 1
    for k in range(rows):
        first[k], second[k] = low[pair[k]], high[pair[k]]
    return pair, first, second, setting, chance, turn
