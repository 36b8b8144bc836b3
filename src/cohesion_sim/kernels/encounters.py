"""The residents' week: who acts, which ties meet, what every encounter leaves (odd.md 7.1-7.3).

`sweep` takes one person after another, her encounters one after another on her own row (those with her own
community first), with partners as they were at the week's start; each row is written by one iteration only.
`pairs` does the same for encounters in activities. Bounded confidence, an anchor, a norm learned from what is
seen: [DEFFUANT00, FRIEDKIN90, PALUCK09].
"""

import numba
import numpy as np

from cohesion_sim.kernels import contact, norms
from cohesion_sim.kernels.influence import LANES, listen, put, row, same, scaled, towards
from cohesion_sim.randomness import philox, unit

APART, ALIKE, WENT_BADLY, WENT_WELL = 0, 1, 2, 3
"""What became of a tie this week: did not meet; met, same community; met across communities, badly or well."""
_BLOCK = 256
"""Ties between communities taken at a time: gathered, then calculated together, then written back."""


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
    """Fill ``others`` (n,) with the attitude to other communities, ``acts`` (n,) with who acts across the line."""
    for i in range(np.uint32(norm.size)):
        others[i] = to_others(attitude, i, weights, np.uint32(community[i]))
    for i in range(np.uint32(norm.size)):  # a loop of its own, so that it becomes vector instructions
        acts[i] = norms.acts(rules, others[i], norm[i], unit(word[i])) & here[i]


@numba.njit(inline="always")
def to_others(attitude, i, weights, own):
    """Return the attitude of resident i of community ``own`` to the other communities, weighted by their size."""
    return (
        weights[own, 0] * attitude[i, 0]
        + weights[own, 1] * attitude[i, 1]
        + weights[own, 2] * attitude[i, 2]
        + weights[own, 3] * attitude[i, 3]
        + weights[own, 4] * attitude[i, 4]
        + weights[own, 5] * attitude[i, 5]
        + weights[own, 6] * attitude[i, 6]
        + weights[own, 7] * attitude[i, 7]
    )


@numba.njit(cache=True, nogil=True)
def both_here(here, first, second, out):
    """Fill ``out`` (m,) with 1 where both ends of a tie are here."""
    for k in range(np.uint32(first.size)):
        out[k] = here[first[k]] and here[second[k]]


# A check for division by zero would keep the processor from taking eight ties at once.
@numba.njit(cache=True, nogil=True, error_model="numpy")
def meet(word, chance, present, across, word_across, first, second, trust, speaks, rules, became):
    """Decide which ties meet and, across communities, whether it goes well; moves tie trust in place.

    ``word`` (4, quarter of m) holds one draw a tie, ``chance`` (m,) the weekly chance, ``present`` (m,)
    whether both are here, ``across`` the ties between communities and ``word_across`` their draws: how it
    goes is drawn by the tie, so both ends see the same encounter.
    """
    quarter = word.shape[1]
    for plane in range(4):
        begin = plane * quarter
        end = min(became.size, begin + quarter)
        words_here, chance_here, present_here = word[plane], chance[begin:end], present[begin:end]
        became_here = became[begin:end]
        for k in range(np.uint32(max(end - begin, 0))):
            became_here[k] = (unit(words_here[k]) < chance_here[k]) & present_here[k]
    zero, one = np.float32(0.0), np.float32(1.0)
    number, block = np.uint32(across.size), np.uint32(_BLOCK)
    trusted, shared, met = np.empty(_BLOCK, trust.dtype), np.empty(_BLOCK, np.uint8), np.empty(_BLOCK, became.dtype)
    for begin in range(np.uint32(0), number, block):
        end = min(begin + block, number)
        for c in range(begin, end):
            k = np.uint32(across[c])
            trusted[c - begin] = trust[k]
            shared[c - begin] = speaks[np.uint32(first[k])] & speaks[np.uint32(second[k])]
            met[c - begin] = became[k]
        word_here = word_across[begin:end]
        for c in range(np.uint32(end - begin)):
            speak = np.float32(shared[c] != 0)
            good = unit(word_here[c]) < contact.chance_good(rules, trusted[c], speak, zero)
            well = np.float32(good)
            step = np.float32(met[c]) * (rules.gain * well + rules.loss * (one - well))
            trusted[c] += step * (well - trusted[c])
            met[c] *= np.uint8(WENT_BADLY) + np.uint8(good)
        for c in range(begin, end):
            k = np.uint32(across[c])
            trust[k] = trusted[c - begin]
            became[k] = met[c - begin]


@numba.njit(cache=True, nogil=True)
def strangers(
    seed, what, week, key, word, chance, here, community, acts, attitude, speaks, rules, pool_start,
    pool_size, pool_member, turn, stranger, how,
):  # fmt: skip
    """Fill ``stranger`` (n,) with whom each resident comes across, ``how`` (n,) with what became of it.

    A place pairs the seats that add up to this week's turn, so every two people are equally likely to be
    paired. Strangers of two communities talk only if one of them makes the step.
    """
    for i in range(np.uint32(how.size)):
        how[i] = APART
    for place in range(pool_start.size):
        size = pool_size[place]
        for seat in range(size):
            opposite = turn[place] - seat
            if opposite < 0:
                opposite += size
            if opposite <= seat:
                continue
            i = np.uint32(pool_member[pool_start[place] + seat])
            j = np.uint32(pool_member[pool_start[place] + opposite])
            lower = i if key[i] < key[j] else j
            if not ((unit(word[lower]) < chance) & here[i] & here[j]):
                continue
            stranger[i] = j
            stranger[j] = i
            if community[i] == community[j]:
                became = ALIKE
            elif not (acts[i] | acts[j]):
                became = APART
            else:
                shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
                mutual = np.float32(0.5) * (attitude[i, community[j]] + attitude[j, community[i]])
                draw = unit(philox(min(key[i], key[j]), max(key[i], key[j]), week, what, seed)[0])
                good = draw < contact.chance_good(rules, mutual, shared, np.float32(0.0))
                became = WENT_WELL if good else WENT_BADLY
            how[i] = became
            how[j] = became


@numba.njit(cache=True, nogil=True)
def sweep(
    before, now, anchor, return_rate, norm_before, norm, acts, community, here, start, partner, tie, weight, became,
    stranger, stranger_how, stranger_weight, congregation, heard, calls, word_attends, attendance, leader_weight,
    confidence, contact_rules, spread, norm_rules, met, well,
):  # fmt: skip
    """Write this week's attitudes (``now``, n × 8), norms, and encounters across communities (met, well).

    ``weight`` (2 m,) is the share of a difference that meeting a partner closes, ``stranger_weight`` (4,) the
    same for a stranger by what became of it. ``heard`` (congregations, 8) is what each religious leader
    voices, ``calls`` whether that is seen as acting across the line; ``congregation`` (n,) is -1 for those
    who listen to no leader.
    """
    n, one, lanes = np.uint32(norm.size), np.uint32(1), np.uint32(LANES)
    most = 1
    for i in range(n):
        most = max(most, start[i + one] - start[i])
    # Rows of this week's encounters of one resident, with people like her and with others.
    mine, theirs = np.empty(most + 1, np.uint32), np.empty(most + 1, np.uint32)
    # The step of the contact rule by what became of the tie, own and other community: row (how · 8 + own) · 8 + other.
    steps = np.zeros((4 * LANES * LANES, LANES), before.dtype)
    loss = contact_rules.loss * contact_rules.generalisation
    gain = contact_rules.gain * contact_rules.generalisation
    for k in range(LANES * LANES):
        for g in range(LANES):
            steps[WENT_BADLY * LANES * LANES + k, g] = spread[k, g] * loss
            steps[WENT_WELL * LANES * LANES + k, g] = spread[k, g] * gain
    aim = np.zeros(4, before.dtype)
    aim[WENT_WELL] = 1.0
    for i in range(n):
        own = np.uint32(community[i])
        # No branches here: whether a tie met is a coin toss that the processor cannot foresee.
        alike, others = np.uint32(0), np.uint32(0)
        for h in range(np.uint32(start[i]), np.uint32(start[i + one])):
            how = became[np.uint32(tie[h])]
            mine[alike] = h
            theirs[others] = h
            alike += np.uint32(how == ALIKE)
            others += np.uint32(how > ALIKE)
        a = row(before, i)
        acting, good = np.uint32(0), np.uint32(0)
        for c in range(alike):
            h = mine[c]
            j = np.uint32(partner[h])
            acting += np.uint32(acts[j])
            a = listen(a, row(before, j), weight[h], confidence)
        for c in range(others):
            h = theirs[c]
            j = np.uint32(partner[h])
            how = np.uint32(became[np.uint32(tie[h])])
            good += np.uint32(how == WENT_WELL)
            a = towards(a, same(aim[how]), row(steps, (how * lanes + own) * lanes + np.uint32(community[j])))
            a = listen(a, row(before, j), weight[h], confidence)
        # Whoever comes across no stranger, or hears no leader, takes a step of 0.
        how, j = np.uint32(stranger_how[i]), np.uint32(stranger[i])
        a = towards(a, same(aim[how]), row(steps, (how * lanes + own) * lanes + np.uint32(community[j])))
        a = listen(a, row(before, j), stranger_weight[how], confidence)
        like_me = np.uint32(how == ALIKE)
        house = congregation[i]
        attends = (house >= 0) & here[i] & (unit(word_attends[i]) < attendance)
        house = np.uint32(house * attends)
        a = listen(a, row(heard, house), leader_weight * np.float32(attends), confidence)
        put(now, i, towards(a, row(anchor, i), same(return_rate)))
        acting += (like_me & np.uint32(acts[j])) + np.uint32(attends & calls[house])
        norm[i] = norms.learn(norm_before[i], acting, alike + like_me + np.uint32(attends), norm_rules.learning)
        met[i] = others + np.uint32(how > ALIKE)
        well[i] = good + np.uint32(how == WENT_WELL)


@numba.njit(cache=True, nogil=True)
def lined_up(talk, talk_setting, talk_turn, acquaintances, n, again, enough):
    """Return the arrays `pairs` goes through: pair, first, second, setting, chance, turn.

    Talks in activities (``talk`` is the position of the pair among the ``acquaintances``, low row · ``n`` + high row)
    come first, for sure; then all other acquaintances, each with chance ``again``. Nobody has time for more than
    ``enough`` of them: who has more meets each less often, and so does whoever is known to such a person.
    """
    talks = talk.size
    apart = np.ones(acquaintances.size, np.bool_)
    for k in talk:
        apart[k] = False
    size = talks + apart.sum()
    pair, first, second = np.empty(size, np.int64), np.empty(size, np.int32), np.empty(size, np.int32)
    setting, chance, turn = np.zeros(size, np.float32), np.full(size, again), np.zeros(size, np.uint32)
    pair[:talks], setting[:talks], chance[:talks], turn[:talks] = talk, talk_setting, np.float32(1.0), talk_turn
    pair[talks:] = np.flatnonzero(apart)
    for k in range(size):
        first[k] = acquaintances[pair[k]] // n
        second[k] = acquaintances[pair[k]] % n
    known = np.zeros(n, np.int32)
    for k in acquaintances:
        known[k // n] += 1
        known[k % n] += 1
    for k in range(talks, size):
        chance[k] *= enough / max(np.float32(max(known[first[k]], known[second[k]])), enough)
    return pair, first, second, setting, chance, turn


@numba.njit(cache=True, nogil=True)
def pairs(
    seed, what, week, key, first, second, setting, chance, turn, pair, trust, weight, across, before, now, norm, acts,
    community, speaks, here, pull, confidence, contact_rules, spread, norm_rules, met, well,
):  # fmt: skip
    """Let pairs meet outside their ties: in activities (setting not 0, chance 1) and as acquaintances made there.

    Both rows move from what the other was at the week's start; pairs are taken in their order. Moves
    ``trust`` (pairs,), ``now``, ``norm``, ``met``, ``well`` in place.
    """
    zero, one = np.float32(0.0), np.float32(1.0)
    for k in range(first.size):
        i, j = first[k], second[k]
        a, b, _, _ = philox(min(key[i], key[j]), max(key[i], key[j]), week + (turn[k] << np.uint32(16)), what, seed)
        if not (unit(a) < chance[k] and here[i] and here[j]):
            continue
        alike = community[i] == community[j]
        good = True
        step = zero
        if alike:
            # A co-operative setting shows both what people like them do.
            norm[i] = norms.learn(norm[i], 1 if acts[j] or setting[k] > 0.0 else 0, 1, norm_rules.learning)
            norm[j] = norms.learn(norm[j], 1 if acts[i] or setting[k] > 0.0 else 0, 1, norm_rules.learning)
        else:
            shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
            good = unit(b) < contact.chance_good(contact_rules, trust[pair[k]], shared, setting[k])
            step = (contact_rules.gain if good else contact_rules.loss) * contact_rules.generalisation
            step *= contact_rules.allport if setting[k] > 0.0 else one
            at_start = trust[pair[k]]
            trust[pair[k]] += contact_rules.gain * (one - at_start) if good else -contact_rules.loss * at_start
            met[i] += 1
            met[j] += 1
            well[i] += good
            well[j] += good
        share = pull * weight * (one if alike else across)
        aim = same(one if good else zero)
        for me, you in ((i, j), (j, i)):
            taken = scaled(spread, np.int64(community[me]) * LANES + community[you], step)
            put(now, me, listen(towards(row(now, me), aim, taken), row(before, you), share, confidence))
