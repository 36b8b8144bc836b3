"""The residents' week: who acts, which ties meet, what every encounter leaves (model.md 4.1-4.3).

`sweep` takes one person after another, her encounters one after another on her own row, with partners as they were at the
week's start; each row is written by one iteration only. `pairs` does the same for encounters in activities.
"""

import numba
import numpy as np

from cohesion_sim.kernels import contact, influence, norms
from cohesion_sim.randomness import philox, unit

APART, ALIKE, WENT_BADLY, WENT_WELL = 0, 1, 2, 3
"""What became of a tie this week: did not meet; met, same community; met across communities, badly or well."""


@numba.njit(cache=True, nogil=True)
def words(seed, what, week, key, out):
    """Fill ``out`` (4, n) with four uint32 for each of the n uint32 keys."""
    zero = np.uint32(0)
    for k in range(np.uint32(key.size)):
        a, b, c, d = philox(key[k], zero, week, what, seed)
        out[0, k] = a
        out[1, k] = b
        out[2, k] = c
        out[3, k] = d


@numba.njit(cache=True, nogil=True)
def act(attitude, community, weights, norm, rules, word, here, others, acts):
    """Fill ``others`` (n,) with the attitude to other communities and ``acts`` (n,) with who acts across the line."""
    n, groups = attitude.shape
    for i in range(np.uint32(n)):
        mean = attitude.dtype.type(0.0)
        own = community[i]
        for g in range(np.uint32(groups)):
            mean += weights[own, g] * attitude[i, g]
        others[i] = mean
        acts[i] = here[i] and unit(word[i]) < norms.chance_to_act(rules, mean, norm[i])


@numba.njit(cache=True, nogil=True)
def meet(seed, what, week, word, chance, kind, first, second, trust, community, speaks, here, rules, became):
    """Decide which ties meet and, across communities, whether it goes well; moves tie trust in place.

    ``word`` (4, quarter of m) holds one draw a tie; ``chance`` (kinds,) is compared with it. The draw of how it goes
    belongs to the tie, so both ends see the same encounter.
    """
    quarter = word.shape[1]
    for k in range(np.uint32(first.size)):
        i, j = first[k], second[k]
        if not (unit(word[k // quarter, k % quarter]) < chance[kind[k]] and here[i] and here[j]):
            became[k] = APART
        elif community[i] == community[j]:
            became[k] = ALIKE
        else:
            shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
            draw = unit(philox(np.uint32(k), np.uint32(0), week, what, seed)[0])
            if draw < contact.chance_good(rules, trust[k], shared, np.float32(0.0)):
                became[k] = WENT_WELL
                trust[k] += rules.gain * (np.float32(1.0) - trust[k])
            else:
                became[k] = WENT_BADLY
                trust[k] -= rules.loss * trust[k]


@numba.njit(inline="always")
def _stranger(i, week, word_goes, chance, here, pool, seat, pool_start, pool_size, pool_member, turn):
    """Return the row of the stranger whom i meets at her place this week, or -1."""
    place = pool[i]
    if place < 0 or not here[i] or not unit(word_goes[i]) < chance:
        return -1
    size = pool_size[place]
    other = pool_member[pool_start[place] + (turn[place] + size - seat[i]) % size]
    if other == i or not here[other] or not unit(word_goes[other]) < chance:
        return -1
    return other


@numba.njit(cache=True, nogil=True)
def sweep(
    seed,
    what,
    week,
    key,
    before,
    now,
    anchor,
    return_rate,
    norm_before,
    norm,
    others,
    acts,
    community,
    speaks,
    here,
    start,
    partner,
    tie,
    weight,
    became,
    pool,
    seat,
    pool_start,
    pool_size,
    pool_member,
    turn,
    word_goes,
    chance_stranger,
    weight_stranger,
    across,
    leader,
    word_attends,
    attendance,
    weight_leader,
    voice,
    pull,
    confidence,
    contact_rules,
    norm_rules,
    met,
    well,
):
    """Write this week's attitudes (``now``, n × communities), norms, and encounters across communities (met, well)."""
    n, groups = before.shape
    loudest = np.empty((1, groups), before.dtype)
    for i in range(np.uint32(n)):
        own = community[i]
        for g in range(np.uint32(groups)):
            now[i, g] = before[i, g]
        seen = 0
        acting = 0
        across_met = 0
        across_well = 0
        if here[i]:
            for h in range(np.uint32(start[i]), np.uint32(start[i + 1])):
                how = became[tie[h]]
                if how == APART:
                    continue
                j = partner[h]
                if how == ALIKE:
                    seen += 1
                    acting += acts[j]
                else:
                    good = how == WENT_WELL
                    contact.generalise(now, i, own, community[j], good, contact_rules, np.float32(1.0))
                    across_met += 1
                    across_well += good
                influence.listen(before, now, i, j, pull * weight[h], confidence)
            j = _stranger(
                i,
                week,
                word_goes,
                chance_stranger,
                here,
                pool,
                seat,
                pool_start,
                pool_size,
                pool_member,
                turn,
            )
            if j >= 0:
                if community[j] == own:
                    seen += 1
                    acting += acts[j]
                    influence.listen(before, now, i, j, pull * weight_stranger, confidence)
                elif (
                    acts[i] or acts[j]
                ):  # strangers of two communities talk only if one of them makes the step
                    shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
                    mutual = np.float32(0.5) * (before[i, community[j]] + before[j, own])
                    low, high = min(key[i], key[j]), max(key[i], key[j])
                    draw = unit(philox(low, high, week, what, seed)[0])
                    good = draw < contact.chance_good(contact_rules, mutual, shared, np.float32(0.0))
                    contact.generalise(now, i, own, community[j], good, contact_rules, np.float32(1.0))
                    across_met += 1
                    across_well += good
                    influence.listen(before, now, i, j, pull * weight_stranger * across, confidence)
            j = leader[i]
            if j >= 0 and unit(word_attends[i]) < attendance and here[j]:
                for g in range(np.uint32(groups)):
                    loudest[0, g] = before[j, g] if g == community[j] else max(before[j, g], voice[j])
                influence.listen(loudest, now, i, 0, pull * weight_leader, confidence)
                seen += 1
                acting += 1 if voice[j] > 0.0 else acts[j]
        influence.return_to_anchor(now, i, anchor, return_rate)
        norm[i] = norms.learn(norm_before[i], acting, seen, norm_rules.learning)
        met[i] = across_met
        well[i] = across_well


@numba.njit(cache=True, nogil=True)
def pairs(
    seed,
    what,
    week,
    key,
    first,
    second,
    setting,
    chance,
    trust,
    weight,
    across,
    before,
    now,
    norm,
    acts,
    community,
    speaks,
    here,
    pull,
    confidence,
    contact_rules,
    norm_rules,
    met,
    well,
):
    """Let pairs meet outside their ties: in activities (setting not 0, chance 1) and as acquaintances made there.

    Both rows move from what the other was at the week's start; pairs are taken in their order. Moves ``trust`` (pairs,),
    ``now``, ``norm``, ``met``, ``well`` in place.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    for k in range(first.size):
        i, j = first[k], second[k]
        low, high = min(key[i], key[j]), max(key[i], key[j])
        a, b, _, _ = philox(low, high, week, what, seed)
        if not (unit(a) < chance[k] and here[i] and here[j]):
            continue
        share = pull * weight[k]
        if community[i] == community[j]:
            norm[i] = norms.learn(norm[i], 1 if acts[j] or setting[k] > 0.0 else 0, 1, norm_rules.learning)
            norm[j] = norms.learn(norm[j], 1 if acts[i] or setting[k] > 0.0 else 0, 1, norm_rules.learning)
        else:
            share *= across
            shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
            good = unit(b) < contact.chance_good(contact_rules, trust[k], shared, setting[k])
            extra = contact_rules.allport if setting[k] > 0.0 else one
            contact.generalise(now, i, community[i], community[j], good, contact_rules, extra)
            contact.generalise(now, j, community[j], community[i], good, contact_rules, extra)
            trust[k] += contact_rules.gain * (one - trust[k]) if good else -contact_rules.loss * trust[k]
            met[i] += 1
            met[j] += 1
            well[i] += good
            well[j] += good
        influence.listen(before, now, i, j, share, confidence)
        influence.listen(before, now, j, i, share, confidence)
        for g in range(now.shape[1]):
            now[i, g] = min(max(now[i, g], zero), one)
            now[j, g] = min(max(now[j, g], zero), one)
