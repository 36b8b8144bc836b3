"""Disputes (odd.md 7.4): they arise, find a handler or none, end or grow.

Rates per person follow kind, season and grievance, plus self-excitation after violence (in whole weeks)
[HAWKES71]. Training changes how disputes end, not how many there are [BLATTMAN14, HARTMAN21]: the chance of a
violent end is ``violent`` × exp(-``skill_effect`` × skill at hand) × (1 - ``trust_effect`` × trust). Youth
quarrels are a stream of their own below the dispute count; those with blows may grow into group fights and
gatherings of adults.
"""

from typing import NamedTuple

import numpy as np

from cohesion_sim.compiled import fold, part, piece, rule
from cohesion_sim.kernels import trust as reputation
from cohesion_sim.kernels.arithmetic import exp
from cohesion_sim.randomness import philox, unit

# Typed numbers: plain ones would make Numba compile every rule anew for each of them.
FAMILY, LAND_WATER, NEIGHBOUR, YOUTH, INTER_COMMUNITY, RELIGIOUS = (np.int64(k) for k in range(6))
NOBODY, INSTITUTION, MEDIATOR = 0, 1, 2
ARISEN, REGISTERED, MEDIATED, SETTLED, VIOLENT, UNRESOLVED, BLOWS, GROUP_FIGHT, GATHERING = (
    np.int64(k) for k in range(9)
)
"""Rows of the weekly tally (9, kinds)."""

HOUSEHOLD_TIE, KIN_TIE, NEIGHBOUR_TIE, FRIEND_TIE, SCHOOL_TIE, LAST_TIE = (np.int64(k) for k in (0, 1, 2, 3, 4, 6))
BLOWS_ONLY = np.int64(0)
"""Level of a youth quarrel that has come to blows and may still grow."""
YOUTH_FROM, YOUTH_UNTIL = 12.0, 23.0
PUPIL = 10.0
"""Age from which children are drawn into youth quarrels as the other side."""
ADULT = 14.0
MEDIATOR_SKILL = np.float32(0.1)
"""Skill below which nobody is asked to mediate."""

FULL_SKILL = 0.6
"""Skill after a full mediation training, at which a mediator settles as many as a working centre."""
CANDIDATES = 2.0
"""Disputes between communities are drawn this many times too often and kept in proportion to coldness."""
SEEN, CLIMBS, BROUGHT, QUARRELS = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
"""Added to the number of a decision, so that no two questions about the same people share a draw."""
_TRIES = 8  # to come across somebody of another community


class DisputeRules(NamedTuple):
    """The numbers of the dispute rules; rates are per person and week, chances per event."""

    quarrel: np.float32  # youth quarrels, per person of 12-22
    known: np.float32  # of youth quarrels
    elasticity: np.float32
    grievance: np.float32  # mean at the start: where the rate is as given
    coldness: np.float32  # median at the start of 1 - attitude to others
    skill_effect: np.float32
    trust_effect: np.float32
    registered: np.float32
    trust: np.float32  # mean at the start: where the registered share is as given
    handler_skill: np.float32
    take_up: np.float32
    capacity: np.int32
    settled_working: np.float32
    settled_dormant: np.float32
    settled_alone: np.float32
    end_handled: np.float32
    end_alone: np.float32
    group_fight: np.float32
    gathering: np.float32
    adult_stops: np.float32
    excitation: np.float32
    release: np.float32
    seen_by: np.float32
    attitude_loss: np.float32
    security_loss: np.float32
    grievance_gain: np.float32
    tie_loss: np.float32
    witness: np.float32


class Residents(NamedTuple):
    """The arrays of residents that the dispute rules read and move; one row a person."""

    key: np.ndarray
    age: np.ndarray
    here: np.ndarray
    community: np.ndarray
    confession: np.ndarray
    village: np.ndarray
    attitude: np.ndarray
    good: np.ndarray
    bad: np.ndarray
    security: np.ndarray
    grievance: np.ndarray
    skill: np.ndarray
    watched: np.ndarray
    witnessed: np.ndarray
    duty: np.ndarray  # rows of mediators on call


class Network(NamedTuple):
    """Ties in rows, and the place where anyone may come across anyone."""

    start: np.ndarray
    partner: np.ndarray
    tie: np.ndarray
    kind: np.ndarray
    trust: np.ndarray
    adults: np.ndarray


class Docket(NamedTuple):
    """Open disputes: the first ``size[0]`` entries of each array count."""

    size: np.ndarray
    first: np.ndarray
    second: np.ndarray
    kind: np.ndarray
    born: np.ndarray
    route: np.ndarray
    handler: np.ndarray
    load: np.ndarray  # (n,) open cases of each resident as mediator
    noted: np.ndarray = np.zeros(1, np.int64)  # (1,) how many rows of the log this week's events fill
    log: np.ndarray = np.empty((0, 4), np.int32)  # (rows, 4) this week's events: the parties, kind, row of the tally


@piece
def violence_chance(violent, rules, skill, trust):
    """Return the chance that a dispute ends in violence, given the skill at hand and trust in institutions."""
    return violent * exp(-rules.skill_effect * skill) * (1.0 - rules.trust_effect * trust)


@fold
def _full(docket):
    return docket.size[0] >= docket.first.size


@fold
def _count(i, j, kind, what, docket, events, tally, cell):
    """Count an event between i and j in the books of i's group and of its kind, and note who they were."""
    events[cell[i], what] += 1
    tally[what, kind] += 1
    at = docket.noted[0]
    if at < docket.log.shape[0]:
        docket.noted[0] = at + 1
        docket.log[at, 0], docket.log[at, 1], docket.log[at, 2], docket.log[at, 3] = i, j, kind, what


@part
def _tie_partner(i, network, people, youngest, low, high, draw):
    """Return somebody here, at least ``youngest``, with whom i has a tie of kind low..high, by ``draw``, or -1."""
    number = 0
    for h in range(network.start[i], network.start[i + 1]):
        k = network.partner[h]
        if low <= network.kind[network.tie[h]] <= high and people.here[k] and people.age[k] >= youngest:
            number += 1
    pick = min(np.int64(draw * number), number - 1)
    for h in range(network.start[i], network.start[i + 1]):
        k = network.partner[h]
        if low <= network.kind[network.tie[h]] <= high and people.here[k] and people.age[k] >= youngest:
            if pick == 0:
                return np.int64(k)
            pick -= 1
    return -1


@part
def _other_party(i, kind, people, network, rules, week, what, seed):
    """Return the other party of a dispute that resident i starts, or -1 when nothing comes of it."""
    draw = unit(philox(people.key[i], np.uint32(kind), week, what, seed)[0])
    if kind == FAMILY:
        return _tie_partner(i, network, people, ADULT, HOUSEHOLD_TIE, KIN_TIE, draw)
    if kind == YOUTH:
        j = _tie_partner(i, network, people, PUPIL, FRIEND_TIE, SCHOOL_TIE, draw)
        return j if j >= 0 else _tie_partner(i, network, people, PUPIL, KIN_TIE, LAST_TIE, draw)
    if kind in (LAND_WATER, NEIGHBOUR):
        j = _tie_partner(i, network, people, ADULT, NEIGHBOUR_TIE, NEIGHBOUR_TIE, draw)
        return j if j >= 0 else _tie_partner(i, network, people, ADULT, KIN_TIE, LAST_TIE, draw)
    for turn in range(_TRIES):
        a, b, _, _ = philox(people.key[i], np.uint32(16 + turn), week, what, seed)
        j = np.int64(network.adults[min(int(unit(a) * network.adults.size), network.adults.size - 1)])
        apart = people.confession[i] != people.confession[j] or (
            kind == INTER_COMMUNITY and people.community[i] != people.community[j]
        )
        if apart and people.here[j]:
            cold = 1.0 - people.attitude[i, people.community[j]]
            return j if unit(b) * CANDIDATES * rules.coldness < cold else -1
    return -1


@fold
def _skill_near(i, j, people, network):
    """Return the best mediation skill among the two parties and those they have ties with."""
    best = max(people.skill[i], people.skill[j])
    for p in (i, j):
        for h in range(network.start[p], network.start[p + 1]):
            k = np.int64(network.partner[h])
            if people.here[k]:
                best = max(best, people.skill[k])
    return best


@fold
def _mediator(i, j, people, network, docket, capacity):
    """Return the most skilled mediator with a free hand among those the parties have ties with, or -1."""
    best, found = MEDIATOR_SKILL, np.int64(-1)
    for p in (i, j):
        for h in range(network.start[p], network.start[p + 1]):
            k = np.int64(network.partner[h])
            if people.skill[k] > best and people.here[k] and docket.load[k] < capacity and k not in (i, j):
                best, found = people.skill[k], k
    return found


@fold
def _on_call(i, j, people, docket, capacity):
    """Return the most skilled mediator on call with a free hand, to whom an institution gives its case, or -1."""
    best, found = MEDIATOR_SKILL, np.int64(-1)
    for on_call in people.duty:
        k = np.int64(on_call)
        if people.skill[k] > best and people.here[k] and docket.load[k] < capacity and k not in (i, j):
            best, found = people.skill[k], k
    return found


@part
def _hurt(k, against, people, rules, severity):
    """Let violence by somebody of community ``against`` touch resident k."""
    one = np.float32(1.0)
    if people.community[k] != against:
        people.attitude[k, against] *= one - min(severity * rules.attitude_loss, one)
    people.security[k] *= one - min(severity * rules.security_loss, one)
    people.grievance[k] += min(severity * rules.grievance_gain, one) * (one - people.grievance[k])


@part
def _violence(i, j, severity, people, network, rules, excitation, week, what, seed):
    """Let violence between i and j be seen by those near, break their own tie, and excite more disputes."""
    one = np.float32(1.0)
    for p, q in ((i, j), (j, i)):
        _hurt(p, people.community[q], people, rules, severity)
        people.witnessed[p] = True
        for h in range(network.start[p], network.start[p + 1]):
            k = np.int64(network.partner[h])
            draw = unit(philox(np.uint32(network.tie[h]), people.key[p], week, np.uint32(what + SEEN), seed)[0])
            if draw < rules.seen_by * severity and people.here[k]:
                _hurt(k, people.community[q], people, rules, one)
                people.witnessed[k] = True
            if k == q:
                network.trust[network.tie[h]] *= one - rules.tie_loss
    excitation[people.village[i]] += rules.excitation


@part
def _gather(i, j, kind, people, rules, docket, events, tally, cell):
    """Let adults gather on both sides: the whole village hears of it, without having seen it."""
    _count(i, j, kind, GATHERING, docket, events, tally, cell)
    for k in range(people.village.size):
        if people.village[k] == people.village[i] and people.here[k]:
            side = j if people.community[k] == people.community[i] else i
            _hurt(k, people.community[side], people, rules, np.float32(1.0))


@fold
def _climb(i, j, level, people, network, rules, excitation, channel, docket, events, tally, cell, week, what, seed):
    """Let blows between the young grow: group fight, gathering of adults. ``level`` is where it already stands."""
    a, b, _, _ = philox(people.key[i], people.key[j], week, np.uint32(what + CLIMBS), seed)
    if level == 0 and not unit(a) < rules.group_fight * (1.0 - rules.adult_stops * people.watched[i]):
        return
    _count(i, j, YOUTH, GROUP_FIGHT, docket, events, tally, cell)
    _violence(i, j, np.float32(2.0), people, network, rules, excitation, week, what, seed)
    if level < 2 and not unit(b) < rules.gathering * (1.0 - channel):
        return
    _gather(i, j, YOUTH, people, rules, docket, events, tally, cell)


@part
def _blows(i, j, level, people, network, rules, excitation, channel, docket, events, tally, cell, week, what, seed):
    """Let a youth quarrel come to blows, be seen, and perhaps grow."""
    _count(i, j, YOUTH, BLOWS, docket, events, tally, cell)
    _violence(i, j, np.float32(1.0), people, network, rules, excitation, week, what, seed)
    _climb(i, j, level, people, network, rules, excitation, channel, docket, events, tally, cell, week, what, seed)


@fold
def _experience(i, j, people, network, good, rules):
    """Let the parties, and weaker those near them, learn how the institution handled a dispute."""
    one = np.float32(1.0)
    for p in (i, j):
        counts = people.good if good else people.bad
        counts[p] += one
        for h in range(network.start[p], network.start[p + 1]):
            counts[network.partner[h]] += rules.witness * rules.seen_by


@part
def _open(i, j, kind, people, docket, rules, events, tally, cell, week, what, seed):
    """Put a new known dispute on the docket and see whether it is brought to an institution."""
    _count(i, j, kind, ARISEN, docket, events, tally, cell)
    d = docket.size[0]
    docket.size[0] = d + 1
    docket.first[d], docket.second[d], docket.kind[d], docket.born[d] = i, j, kind, week
    docket.route[d], docket.handler[d] = NOBODY, -1
    draw = unit(philox(people.key[i], np.uint32(kind), week, np.uint32(what + BROUGHT), seed)[0])
    believes = reputation.expected(people.good[i], people.bad[i]) / rules.trust
    if draw < rules.registered * believes:
        docket.route[d] = INSTITUTION
        docket.handler[d] = _on_call(i, j, people, docket, rules.capacity)
        if docket.handler[d] >= 0:
            docket.load[docket.handler[d]] += 1
        _count(i, j, kind, REGISTERED, docket, events, tally, cell)


@rule
def arise(
    seed, what, week, word, word_quarrel, people, network, docket, rules, hazards, quarrel, excitation,
    adults_in, violent, channel, events, tally, cell,
):
    """Let this week's disputes and youth quarrels arise.

    ``hazards`` (kinds,) are weekly rates per resident of 14 and older in this season, ``quarrel`` the rate per young
    person; ``excitation`` (villages,) is what past violence still owes.
    """
    total = np.float64(0.0)
    for k in range(hazards.size):
        if k != YOUTH:
            total += hazards[k]
    owed = np.empty(excitation.size, np.float64)
    highest = np.float64(0.0)
    for v in range(owed.size):
        owed[v] = excitation[v] * rules.release / max(adults_in[v], 1)
        highest = max(highest, owed[v])
        excitation[v] *= np.float32(1.0) - rules.release
    grievance = people.grievance.copy()  # of the week's start, whatever this week's violence adds
    bound = total * exp(rules.elasticity * (1.0 - rules.grievance)) + highest
    for row in range(np.uint32(word.size)):
        i = np.int64(row)
        if unit(word[i]) < bound and people.here[i] and people.age[i] >= ADULT and not _full(docket):
            u = unit(word[i])
            rate = total * exp(rules.elasticity * (grievance[i] - rules.grievance)) + owed[people.village[i]]
            if u < rate:
                pick = u / rate * total
                kind = FAMILY
                for k in range(hazards.size):
                    if k != YOUTH:
                        kind = k
                        if pick < hazards[k]:
                            break
                        pick -= hazards[k]
                j = _other_party(i, kind, people, network, rules, week, what, seed)
                if j >= 0:
                    _open(i, j, kind, people, docket, rules, events, tally, cell, week, what, seed)
        if unit(word_quarrel[i]) < quarrel and YOUTH_FROM <= people.age[i] < YOUTH_UNTIL and people.here[i]:
            j = _other_party(i, YOUTH, people, network, rules, week, what, seed)
            if j < 0:
                continue
            draw, known, _, _ = philox(people.key[i], np.uint32(0), week, np.uint32(what + QUARRELS), seed)
            if unit(known) < rules.known and not _full(docket):
                _open(i, j, YOUTH, people, docket, rules, events, tally, cell, week, what, seed)
                continue
            faith = 0.5 * (
                reputation.expected(people.good[i], people.bad[i]) + reputation.expected(people.good[j], people.bad[j])
            )
            chance = violence_chance(violent[YOUTH], rules, _skill_near(i, j, people, network), faith)
            if unit(draw) < chance * (1.0 - rules.adult_stops * people.watched[i]):
                _blows(
                    i, j, BLOWS_ONLY, people, network, rules, excitation, channel, docket, events, tally, cell, week,
                    what, seed,
                )  # fmt: skip


@rule
def end(
    seed, what, week, people, network, docket, rules, excitation, violent, centre, channel, events, tally, cell,
):
    """Let open disputes find a mediator and end: violent, settled, or dropped; the rest stay open."""
    kept = 0
    for d in range(docket.size[0]):
        i, j, kind = np.int64(docket.first[d]), np.int64(docket.second[d]), docket.kind[d]
        label = np.uint32(docket.born[d] * 8 + kind)
        a, b, c, _ = philox(people.key[i], label, week, what, seed)
        if docket.route[d] == NOBODY:
            m = _mediator(i, j, people, network, docket, rules.capacity)
            if m >= 0 and unit(a) < rules.take_up:
                docket.route[d], docket.handler[d] = MEDIATOR, m
                docket.load[m] += 1
                _count(i, j, kind, MEDIATED, docket, events, tally, cell)
        route, m = docket.route[d], np.int64(docket.handler[d])
        if not unit(b) < (rules.end_alone if route == NOBODY else rules.end_handled):
            docket.first[kept], docket.second[kept], docket.kind[kept] = i, j, kind
            docket.born[kept], docket.route[kept], docket.handler[kept] = docket.born[d], route, m
            kept += 1
            continue
        skill = np.float64(max(people.skill[i], people.skill[j]))
        settles = np.float64(rules.settled_alone)
        if route == INSTITUTION:
            # A working centre handles as a trained mediator does.
            skill = max(skill, rules.handler_skill + centre * (FULL_SKILL - rules.handler_skill))
            settles = rules.settled_dormant + centre * (rules.settled_working - rules.settled_dormant)
        if m >= 0:
            docket.load[m] -= 1
            skill = max(skill, np.float64(people.skill[m]))
            trained = min(skill / FULL_SKILL, 1.0)
            settles = max(settles, rules.settled_alone + trained * (rules.settled_working - rules.settled_alone))
        faith = 0.5 * (
            reputation.expected(people.good[i], people.bad[i]) + reputation.expected(people.good[j], people.bad[j])
        )
        chance = violence_chance(violent[kind], rules, skill, faith)
        if kind == YOUTH:
            chance *= 1.0 - rules.adult_stops * people.watched[i]
        if unit(c) < chance:
            ending = VIOLENT
            if kind != YOUTH:
                _violence(i, j, np.float32(1.0), people, network, rules, excitation, week, what, seed)
            else:
                _blows(
                    i, j, BLOWS_ONLY, people, network, rules, excitation, channel, docket, events, tally, cell, week,
                    what, seed,
                )  # fmt: skip
        else:
            ending = SETTLED if unit(c) >= 1.0 - settles else UNRESOLVED
        if route == INSTITUTION:
            _experience(i, j, people, network, ending == SETTLED, rules)
        _count(i, j, kind, ending, docket, events, tally, cell)
    docket.size[0] = kept


@rule
def incident(
    i, j, kind, level, seed, what, week, people, network, docket, rules, excitation, channel, events, tally, cell
):  # fmt: skip
    """Let an incident from outside happen between i and j.

    Among the young: blows (level 0), a group fight (1), a gathering (2). Of any other kind: a dispute that goes its
    way (0), one that turns violent at once (1), and after which people gather (2).
    """
    if kind == YOUTH:
        _blows(
            i, j, level, people, network, rules, excitation, channel, docket, events, tally, cell, week, what, seed
        )  # fmt: skip
    elif level == 0:
        if not _full(docket):
            _open(i, j, kind, people, docket, rules, events, tally, cell, week, what, seed)
    else:
        _count(i, j, kind, ARISEN, docket, events, tally, cell)
        _count(i, j, kind, VIOLENT, docket, events, tally, cell)
        _violence(i, j, np.float32(level), people, network, rules, excitation, week, what, seed)
        if level >= 2:
            _gather(i, j, kind, people, rules, docket, events, tally, cell)
