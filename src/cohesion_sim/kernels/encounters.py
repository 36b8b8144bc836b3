"""The residents' week: who acts, which ties meet, what every encounter leaves (odd.md 7.1-7.3).

`sweep` takes a person's encounters one after another on her own row (those with her own community first), with
partners as they were at the week's start; each row is written by one iteration only.
`pairs` does the same for encounters in activities. Bounded confidence, an anchor, a norm learned from what is
seen: [DEFFUANT00, FRIEDKIN90, PALUCK09].
"""

import numpy as np

from cohesion_sim.compiled import loop_body, part, rule, ruled
from cohesion_sim.kernels import contact, norms
from cohesion_sim.kernels.lanes import LANES, kept, listen, put, row, scaled, towards
from cohesion_sim.randomness import philox, unit

APART, ALIKE, WENT_BADLY, WENT_WELL = 0, 1, 2, 3
"""What became of a tie this week: did not meet; met, same community; met across communities, badly or well."""
_BLOCK = 256
"""Ties between communities taken at a time: those that met are gathered, calculated together, and written back."""
SWEPT = 256
"""Residents whose ties are gone through before their other encounters; `ties.circles` pairs people among them."""


@part
def words(seed, what, week, key, out):
    """Fill ``out`` (4, n) with four uint32 for each of the n uint32 keys."""
    zero = np.uint32(0)
    for k in range(np.uint32(key.size)):
        a, b, c, d = philox(key[k], zero, week, what, seed)
        out[0, k] = a
        out[1, k] = b
        out[2, k] = c
        out[3, k] = d


@part
def first_words(seed, what, week, key, out):
    """Fill ``out`` (n,) with the first of these words."""
    zero = np.uint32(0)
    for k in range(np.uint32(key.size)):
        out[k] = philox(key[k], zero, week, what, seed)[0]


@part
def turns(seed, what, week, size, out):
    """Fill ``out`` (places,) with this week's turn of each place, below its size."""
    for k in range(np.uint32(size.size)):
        out[k] = np.int32(np.float64(unit(philox(k, np.uint32(0), week, what, seed)[0])) * size[k])


@part
def sermons(attitude, leaders, voice, acts, strange, heard, calls):
    """Fill ``heard`` (congregations, 8) with what each religious leader voices, ``calls`` with who is seen to act."""
    for house in range(leaders.size):
        i = leaders[house]
        calls[house] = acts[i] or voice[i] > 0
        for g in range(LANES):
            heard[house, g] = attitude[i, g]
            if strange[house, g] and voice[i] > heard[house, g]:
                heard[house, g] = voice[i]


@part
def act(attitude, community, weights, norm, rules, word, here, others, acts):
    """Fill ``others`` (n,) with the attitude to other communities, ``acts`` (n,) with who acts across the line."""
    for i in range(np.uint32(norm.size)):
        others[i] = to_others(attitude, i, weights, np.uint32(community[i]))
    for i in range(np.uint32(norm.size)):  # a loop of its own, so that it becomes vector instructions
        acts[i] = norms.acts(rules, others[i], norm[i], unit(word[i])) & here[i]


@loop_body
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


@rule
def both_here(here, first, second, out):
    """Fill ``out`` (m,) with 1 where both ends of a tie are here."""
    for k in range(np.uint32(first.size)):
        out[k] = here[first[k]] and here[second[k]]


# A check for division by zero would keep the processor from taking eight ties at once.
@ruled(error_model="numpy", no_cpython_wrapper=True)
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
    which, draw, trusted = np.empty(_BLOCK, np.uint32), np.empty(_BLOCK, np.uint32), np.empty(_BLOCK, trust.dtype)
    shared, ended = np.empty(_BLOCK, np.uint8), np.empty(_BLOCK, np.uint8)
    for begin in range(np.uint32(0), number, block):
        met = np.uint32(0)
        for c in range(begin, min(begin + block, number)):  # no branch: whether a tie met cannot be foreseen
            k = np.uint32(across[c])
            which[met], draw[met] = k, word_across[c]
            met += np.uint32(became[k])
        for c in range(met):
            k = which[c]
            trusted[c] = trust[k]
            shared[c] = speaks[np.uint32(first[k])] & speaks[np.uint32(second[k])]
        for c in range(met):
            speak = np.float32(shared[c] != 0)
            good = unit(draw[c]) < contact.chance_good(rules, trusted[c], speak, zero)
            well = np.float32(good)
            trusted[c] += (rules.gain * well + rules.loss * (one - well)) * (well - trusted[c])
            ended[c] = np.uint8(WENT_BADLY) + np.uint8(good)
        for c in range(met):
            trust[which[c]], became[which[c]] = trusted[c], ended[c]


@part
def strangers(
    seed, what, week, key, word, chance, here, community, acts, attitude, speaks, rules, pool_start,
    pool_size, pool_member, turn, stranger, how,
):  # fmt: skip
    """Fill ``stranger`` (n,) with whom each resident comes across, ``how`` (n,) with what became of it.

    A place pairs the seats that add up to this week's turn, so every two people are equally likely to be
    paired. Strangers of two communities talk only if one of them makes the step.
    """
    zero, one = np.uint32(0), np.uint32(1)
    for i in range(np.uint32(how.size)):
        how[i] = APART
    mine, theirs = np.empty(how.size, np.uint32), np.empty(how.size, np.uint32)
    for place in range(pool_start.size):
        # No branches until it is known who talks: the processor cannot foresee who comes across whom.
        met, begin, size = zero, np.uint32(pool_start[place]), np.uint32(pool_size[place])
        for half in range(2):  # seats that add up to the turn, then those that add up to turn and size
            total = np.uint32(turn[place]) + np.uint32(half) * size
            first = zero if half == 0 else np.uint32(turn[place]) + one
            for seat in range(first, (total + one) // np.uint32(2)):
                i = np.uint32(pool_member[begin + seat])
                j = np.uint32(pool_member[begin + total - seat])
                lower = i if key[i] < key[j] else j
                mine[met], theirs[met] = i, j
                met += np.uint32((unit(word[lower]) < chance) & here[i] & here[j])
        talking = zero
        for c in range(met):
            i, j = mine[c], theirs[c]
            alike = community[i] == community[j]
            stranger[i], stranger[j] = j, i
            how[i] = how[j] = np.uint8(alike) * np.uint8(ALIKE)
            mine[talking], theirs[talking] = i, j
            talking += np.uint32((not alike) & (acts[i] | acts[j]))
        for c in range(talking):
            i, j = mine[c], theirs[c]
            shared = np.float32(1.0 if speaks[i] & speaks[j] else 0.0)
            mutual = np.float32(0.5) * (attitude[i, community[j]] + attitude[j, community[i]])
            draw = unit(philox(min(key[i], key[j]), max(key[i], key[j]), week, what, seed)[0])
            good = draw < contact.chance_good(rules, mutual, shared, np.float32(0.0))
            how[i] = how[j] = WENT_WELL if good else WENT_BADLY


def contact_steps(rules, spread, dtype=np.float32):
    """Return the steps of the contact rule (256, 8): row (what became of it · 8 + own community) · 8 + the other's."""
    steps = np.zeros((4, *spread.shape), dtype)
    steps[WENT_BADLY] = spread * (rules.loss * rules.generalisation)
    steps[WENT_WELL] = spread * (rules.gain * rules.generalisation)
    return steps.reshape(-1, LANES)


def nearness(confidence):
    """Return (4,): how near views must be to be heard, by what became of an encounter; nothing is heard apart."""
    near = np.full(4, confidence)
    near[APART] = 0
    return near


@part
def sweep(
    before, now, anchor, return_rate, norm_before, norm, acts, community, here, resident, begin, split, partner, tie,
    weight, became, stranger, stranger_how, stranger_weight, congregation, heard, calls, word_attends, attendance,
    leader_weight, near, steps, norm_rules, met, well,
):  # fmt: skip
    """Write this week's attitudes (``now``, n × 8), norms, and encounters across communities (met, well).

    ``resident`` … ``weight`` are `ties.Circles`. ``became`` (m + 1,) ends with a tie that never meets.
    ``stranger_weight`` (4,) is the share of a difference that meeting a stranger closes, by what became of it.
    ``near`` (4,) is how near views must be to be heard, by what became of the encounter: 0 where there was none.
    ``steps`` are those of `contact_steps`. ``heard`` (congregations, 8) is what each religious leader voices, ``calls``
    whether that is seen as acting across the line; ``congregation`` (n,) is -1 for those who listen to no leader.
    """
    before, now, anchor, heard = before.reshape(-1), now.reshape(-1), anchor.reshape(-1), heard.reshape(-1)
    steps, confidence = steps.reshape(-1), near[ALIKE]
    acts = acts.view(np.uint8)  # counted, not asked
    seen = np.empty((4, SWEPT), np.uint32)
    n = norm.size
    for low in range(0, n, SWEPT):  # so many at a time that their rows stay near
        high = min(low + SWEPT, n)
        _meet_ties(
            low, (high + 1) // 2, before, now, acts, community, resident, begin, split, partner, tie, weight, became,
            steps, near, seen,
        )  # fmt: skip
        _meet_others(
            low, high, before, now, anchor, return_rate, norm_before, norm, acts, community, here, stranger,
            stranger_how, stranger_weight, congregation, heard, calls, word_attends, attendance, leader_weight,
            confidence, norm_rules, met, well, steps, seen,
        )  # fmt: skip


_ALIKE, _ACTING, _MET, _WELL = range(4)
"""Rows of what residents saw along their ties: met of their own community, of them acting; met of others, well."""


@part
def _meet_ties(
    low, end, before, now, acts, community, resident, begin, split, partner, tie, weight, became, steps, near, seen
):
    """Take residents from row ``low`` on along their ties, two at a time so that neither has to wait.

    Ties that did not meet are gone through too, with a step of 0: whether a tie met is a coin toss that the
    processor cannot foresee.
    """
    zero, one, lanes, low = np.uint32(0), np.uint32(1), np.uint32(LANES), np.uint32(low)
    for pair in range(np.uint32(low // np.uint32(2)), np.uint32(end)):
        i, k = np.uint32(resident[pair + pair]), np.uint32(resident[pair + pair + one])
        a, b = row(before, i), row(before, k)
        alike, alike_k, acting, acting_k = zero, zero, zero, zero
        for h in range(np.uint32(begin[pair]), np.uint32(split[pair]), np.uint32(2)):
            j, how = np.uint32(partner[h]), np.uint32(became[np.uint32(tie[h])])
            acting += np.uint32(acts[j]) & how
            alike += how
            a = listen(a, row(before, j), weight[h], near[how])
            j, how = np.uint32(partner[h + one]), np.uint32(became[np.uint32(tie[h + one])])
            acting_k += np.uint32(acts[j]) & how
            alike_k += how
            b = listen(b, row(before, j), weight[h + one], near[how])
        own, own_k = np.uint32(community[i]), np.uint32(community[k])
        met, met_k, well, well_k = zero, zero, zero, zero
        for h in range(np.uint32(split[pair]), np.uint32(begin[pair + one]), np.uint32(2)):
            j, how = np.uint32(partner[h]), np.uint32(became[np.uint32(tie[h])])
            good = np.uint32(how == WENT_WELL)
            met += np.uint32(how > ALIKE)
            well += good
            a = towards(a, np.float32(good), row(steps, (how * lanes + own) * lanes + np.uint32(community[j])))
            a = listen(a, row(before, j), weight[h], near[how])
            j, how = np.uint32(partner[h + one]), np.uint32(became[np.uint32(tie[h + one])])
            good = np.uint32(how == WENT_WELL)
            met_k += np.uint32(how > ALIKE)
            well_k += good
            b = towards(b, np.float32(good), row(steps, (how * lanes + own_k) * lanes + np.uint32(community[j])))
            b = listen(b, row(before, j), weight[h + one], near[how])
        put(now, k, b)
        put(now, i, a)
        at = k - low
        seen[_ALIKE, at], seen[_ACTING, at], seen[_MET, at], seen[_WELL, at] = alike_k, acting_k, met_k, well_k
        at = i - low
        seen[_ALIKE, at], seen[_ACTING, at], seen[_MET, at], seen[_WELL, at] = alike, acting, met, well


@part
def _meet_others(
    low, high, before, now, anchor, return_rate, norm_before, norm, acts, community, here, stranger, stranger_how,
    stranger_weight, congregation, heard, calls, word_attends, attendance, leader_weight, confidence, norm_rules, met,
    well, steps, seen,
):  # fmt: skip
    """Let residents of rows ``low`` … come across a stranger, hear their leader, and return towards their anchor.

    Whoever comes across no stranger, or hears no leader, takes a step of 0.
    """
    lanes = np.uint32(LANES)
    for i in range(np.uint32(low), np.uint32(high)):
        own, at = np.uint32(community[i]), i - np.uint32(low)
        a = row(now, i)
        how, j = np.uint32(stranger_how[i]), np.uint32(stranger[i])
        good = np.uint32(how == WENT_WELL)
        a = towards(a, np.float32(good), row(steps, (how * lanes + own) * lanes + np.uint32(community[j])))
        a = listen(a, row(before, j), stranger_weight[how], confidence)
        like_me = np.uint32(how == ALIKE)
        house = congregation[i]
        attends = (house >= 0) & here[i] & (unit(word_attends[i]) < attendance)
        house = np.uint32(house * attends)
        a = listen(a, row(heard, house), leader_weight * np.float32(attends), confidence)
        put(now, i, kept(towards(a, row(anchor, i), return_rate)))
        acting = seen[_ACTING, at] + (like_me & np.uint32(acts[j])) + np.uint32(attends & calls[house])
        people = seen[_ALIKE, at] + like_me + np.uint32(attends)
        norm[i] = norms.learn(norm_before[i], acting, people, norm_rules.learning)
        met[i] = seen[_MET, at] + np.uint32(how > ALIKE)
        well[i] = seen[_WELL, at] + good


@part
def pairs(
    seed, what, week, key, first, second, setting, chance, turn, pair, trust, weight, across, before, now, norm, acts,
    community, speaks, here, pull, confidence, contact_rules, spread, norm_rules, met, well,
):  # fmt: skip
    """Let pairs meet outside their ties: in activities (setting not 0, chance 1) and as acquaintances made there.

    Both rows move from what the other was at the week's start; pairs are taken in their order. Moves
    ``trust`` (pairs,), ``now``, ``norm``, ``met``, ``well`` in place.
    """
    zero, one = np.float32(0.0), np.float32(1.0)
    before, now, spread = before.reshape(-1), now.reshape(-1), spread.reshape(-1)
    for k in range(first.size):
        i, j = first[k], second[k]
        when = np.uint32(week + (turn[k] << np.uint32(16)))
        a, b, _, _ = philox(min(key[i], key[j]), max(key[i], key[j]), when, what, seed)
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
        aim = one if good else zero
        for me, you in ((i, j), (j, i)):
            taken = scaled(row(spread, np.int64(community[me]) * LANES + community[you]), step)
            a = listen(towards(row(now, me), aim, taken), row(before, you), share, confidence)
            put(now, me, kept(a))
