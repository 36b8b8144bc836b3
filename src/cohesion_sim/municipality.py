"""What is the same in every arm of one replication: people, ties, places, and the numbers of the rules.

Built once from (scenario, seed) and shared, read-only, by the run without a programme and all runs with one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import population as people_of
from cohesion_sim import ties as ties_of
from cohesion_sim.kernels import contact, disputes, influence
from cohesion_sim.kernels.contact import ContactRules
from cohesion_sim.kernels.disputes import DisputeRules
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.kernels.norms import NormRules, mean_acting
from cohesion_sim.measures import AGES, FIRST_AGE
from cohesion_sim.population import ROLES, Population
from cohesion_sim.randomness import Luck, decision
from cohesion_sim.scenario import Scenario
from cohesion_sim.ties import Circles, TieTable

WEEKS_A_YEAR = 52.0
WEEKS_A_MONTH = WEEKS_A_YEAR / 12.0
MEASURED_FROM = 14
"""Age from which residents are asked about attitudes and can start a dispute."""

SETTLING_WEEKS = 24
"""Ordinary weeks that ties between communities live through beforehand; a tie remembers about six meetings."""

f32 = np.float32
Floats = NDArray[np.float32]


def weekly(half_life_months: float) -> float:
    """Return the share lost in a week by something with this half-life in months (no transcendental function)."""
    # 2^(-1/w) by the series of exp, exact to float32 for half-lives of a week or more.
    x = -0.6931471805599453 / (half_life_months * WEEKS_A_MONTH)
    term, total = 1.0, 0.0
    for k in range(1, 24):
        term *= x / k
        total += term
    return -total


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where strangers come across each other: schools for pupils, the bazaar for everyone else of 14 and older."""

    pool: NDArray[np.int32]  # (n,) place of a resident, -1: none
    seat: NDArray[np.int32]  # (n,) position in the place
    start: NDArray[np.int32]  # (places,)
    size: NDArray[np.int32]  # (places,)
    member: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups by which results are shown; cells are their crossing."""

    cell: NDArray[np.int32]  # (n,)
    of_cell: NDArray[np.int32]  # (cells, 5) the groups a cell belongs to
    names: tuple[tuple[str, str], ...]  # (by, group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A municipality before its first week: shared, read-only."""

    scenario: Scenario
    seed: int
    people: Population
    ties: TieTable
    places: Places
    groups: Groups
    asked: NDArray[np.bool_]  # 14 and older: a survey would ask them
    pupil: NDArray[np.bool_]
    out_weights: Floats  # (communities, 8)
    attitude: Floats  # (n, 8) at the start
    security_rest: Floats  # (n,) to which felt security returns
    grievance_rest: Floats  # (n,)
    across: NDArray[np.int32]  # ties between communities
    spread: Floats  # (64, 8) how a contact's step spreads over communities
    tie_trust: Floats  # (m,) at the start
    half_weight: Floats  # (2 m,) share of a difference that meeting this partner closes, along rows
    circles: Circles  # the same ties in the order of the sweep
    chance: Floats  # (m,) weekly chance to meet
    anchor: Floats  # (n, 8)
    contact: ContactRules
    norms: NormRules
    disputes: DisputeRules
    hazards: NDArray[np.float64]  # (kinds of dispute,) per resident and week, before season
    violent: Floats  # (kinds of dispute,)
    adults: NDArray[np.int32]
    adults_in: NDArray[np.int32]  # (villages,)
    girls: NDArray[np.int32]  # rows that are or will be 14-17


def build(scenario: Scenario, seed: int) -> Municipality:
    """Return the municipality of a scenario under a seed.

    Raises
    ------
    InputError
        If the scenario's numbers cannot make a population.
    """
    people = people_of.build(scenario, seed)
    ties = ties_of.build(scenario, people, seed)
    groups = len(people.community_names)
    kinds = [getattr(scenario.ties, name) for name in ties_of.KINDS]
    chance = np.array([k.chance for k in kinds], f32)[ties.kind]
    closeness = np.array([k.closeness for k in kinds], f32) * f32(scenario.influence.pull)
    community = people.community
    half_kind = ties.kind[ties.tie]
    owner = np.repeat(np.arange(people.n), np.diff(ties.start))
    same = community[owner] == community[ties.partner]
    half_weight = np.where(same, closeness[half_kind], closeness[half_kind] * f32(scenario.influence.across))
    across = np.flatnonzero(community[ties.first] != community[ties.second]).astype(np.int32)
    tie_trust = _tie_trust(scenario, people, ties, across)
    between = (chance[across], ties.first[across], ties.second[across])
    contact_rules = _contact_rules(scenario, people, between, tie_trust[across])
    settled = tie_trust[across]
    contact.settle(
        np.uint64(seed),
        decision("before/tie"),
        SETTLING_WEEKS,
        contact_rules,
        between[0],
        across,
        *between[1:],
        settled,
        people.speaks,
    )
    tie_trust[across] = settled
    contact_rules = _contact_rules(scenario, people, between, settled)  # for ties as they are when the run begins
    good = contact.ambient_good(contact_rules, *between, settled, community, people.speaks)
    attitude = np.zeros((people.n, LANES), f32)
    attitude[:, :groups] = people.attitude
    anchor = np.zeros_like(attitude)
    influence.anchors(
        attitude,
        f32(weekly(scenario.influence.half_life)),
        chance, ties.start, ties.partner, ties.tie, half_weight,
        f32(scenario.influence.confidence),
        f32(good),
        contact_rules,
        _strangers(scenario, people),
        community,
        groups,
        np.where(listens_in(people) >= 0, people.leaders[listens_in(people)], -1),
        f32(scenario.influence.pull * scenario.influence.leader * scenario.influence.attendance),
        anchor,
    )  # fmt: skip
    out_weights = np.zeros((groups, LANES), f32)
    out_weights[:, :groups] = people_of.out_weights(community, groups)
    adults = np.flatnonzero(people.age >= MEASURED_FROM).astype(np.int32)
    rules, hazards = _dispute_rules(scenario, people)
    security_rest, grievance_rest = _rest(scenario, people, ties)
    municipality = Municipality(
        scenario=scenario,
        seed=seed,
        people=people,
        ties=ties,
        places=_places(people, seed),
        groups=_groups(people),
        asked=people.age >= MEASURED_FROM,
        pupil=(people.school >= 0) & (people.age >= 10),
        out_weights=out_weights,
        attitude=attitude,
        security_rest=security_rest,
        grievance_rest=grievance_rest,
        across=across,
        spread=contact.spread_table(groups, scenario.contact.third_groups),
        tie_trust=tie_trust,
        half_weight=half_weight,
        circles=ties_of.circles(ties, community, half_weight),
        chance=chance,
        anchor=anchor,
        contact=contact_rules,
        norms=_norm_rules(scenario, people),
        disputes=rules,
        hazards=hazards,
        violent=_by_kind(scenario.disputes.violent).astype(f32),
        adults=adults,
        adults_in=np.bincount(people.village[adults], minlength=len(people.village_names)).astype(np.int32),
        girls=np.flatnonzero(people.female & (people.age < 18)).astype(np.int32),
    )
    for part in (municipality, ties, municipality.places, municipality.groups):
        for field in fields(part):
            value = getattr(part, field.name)
            for array in value if isinstance(value, Circles) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
    return municipality


def listens_in(people: Population) -> NDArray[np.int16]:
    """Return the congregation whose leader one listens to, (n,); -1 for those of none, and for leaders themselves."""
    return np.where(people.role == ROLES.index("religious_leader"), -1, people.congregation).astype(np.int16)


def _by_kind(mix: object) -> NDArray[np.float64]:
    return np.array([getattr(mix, name) for name in DISPUTE_KINDS])


DISPUTE_KINDS = ("family", "land_water", "neighbour", "youth", "inter_community", "religious")


def _tie_trust(scenario: Scenario, people: Population, ties: TieTable, across: NDArray[np.int32]) -> Floats:
    """Return the trust of ties at the start; between communities its mean is where ordinary encounters leave it.

    A tie that goes well with chance p rests at p / (p + bad_to_good (1 - p)): people who know each other
    trust each other more, or less, than their groups do, without a number of its own for it.
    """
    facts = scenario.contact
    one, two = ties.first, ties.second
    trust = f32(0.5) * (
        people.attitude[one, people.community[two]] + people.attitude[two, people.community[one]]
    )
    if across.size:
        rest = facts.good / (facts.good + facts.bad_to_good * (1 - facts.good))
        trust[across] += f32(rest - float(np.sum(trust[across], dtype=np.float64)) / across.size)
    return np.clip(trust, f32(0.02), f32(0.98))


def _strangers(scenario: Scenario, people: Population) -> Floats:
    """Return the encounters a week with strangers of each community (communities,) that a resident may expect."""
    groups = len(people.community_names)
    warm = people_of.attitude_to_others(
        people.attitude, people.community, people_of.out_weights(people.community, groups)
    )
    acts = float(np.sum(warm, dtype=np.float64)) / people.n
    share = np.bincount(people.community, minlength=groups) / people.n
    return (scenario.ties.stranger.chance * share * (1 - (1 - acts) ** 2)).astype(f32)


def _contact_rules(
    scenario: Scenario, people: Population, between: tuple[Floats, Any, Any], tie_trust: Floats
) -> ContactRules:
    """Return the contact rules with the intercept at which the ambient share of good encounters is the scenario's."""
    facts = scenario.contact

    def rules(intercept: float) -> ContactRules:
        return ContactRules(
            intercept=f32(intercept),
            trust_slope=f32(facts.trust_slope),
            language_slope=f32(facts.language_slope),
            setting_slope=f32(facts.setting_slope),
            gain=f32(facts.gain),
            loss=f32(facts.gain * facts.bad_to_good),
            generalisation=f32(facts.generalisation),
            third_groups=f32(facts.third_groups),
            allport=f32(facts.allport),
        )

    known = (*between, tie_trust, people.community, people.speaks)
    return rules(_intercept(lambda intercept: contact.ambient_good(rules(intercept), *known), facts.good))


def _intercept(share: Callable[[float], float], wanted: float) -> float:
    """Return the intercept at which a share that grows with it is the one wanted."""
    low, high = -12.0, 12.0
    for _ in range(26):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) < wanted else (low, middle)
    return (low + high) / 2


def _norm_rules(scenario: Scenario, people: Population) -> NormRules:
    """Return the norm rules with the intercept at which as many act as people like them are believed to.

    So perceived norms rest where they start, and not wherever the slopes would carry them in a year.
    """
    facts = scenario.norms
    groups = len(people.community_names)
    others = people_of.attitude_to_others(
        people.attitude, people.community, people_of.out_weights(people.community, groups)
    )
    believed = float(np.sum(people.norm, dtype=np.float64)) / people.n

    def rules(intercept: float) -> NormRules:
        return NormRules(
            learning=f32(facts.learning),
            act_base=f32(intercept),
            act_attitude=f32(facts.act_attitude),
            act_norm=f32(facts.act_norm),
        )

    return rules(_intercept(lambda intercept: mean_acting(rules(intercept), others, people.norm), believed))


def _dispute_rules(scenario: Scenario, people: Population) -> tuple[DisputeRules, NDArray[np.float64]]:
    """Return the dispute rules, and the weekly hazards by kind of a resident of 14 and older."""
    facts = scenario.disputes
    a_week = facts.registered * facts.true_ratio / 1000 / WEEKS_A_YEAR
    adults = max(1, int((people.age >= MEASURED_FROM).sum()))
    mix = _by_kind(facts.mix)
    youth = disputes.YOUTH
    young = max(1, int(((people.age >= disputes.YOUTH_FROM) & (people.age < disputes.YOUTH_UNTIL)).sum()))
    quarrel = facts.quarrels / 1000 / WEEKS_A_YEAR
    known = min(1.0, mix[youth] * a_week * people.n / (quarrel * young)) if quarrel > 0 else 0.0
    hazards = mix * a_week * people.n / adults * _without_echo(scenario, people)
    hazards[[disputes.INTER_COMMUNITY, disputes.RELIGIOUS]] *= disputes.CANDIDATES
    hazards[youth] = 0.0
    others = people_of.attitude_to_others(
        people.attitude,
        people.community,
        people_of.out_weights(people.community, len(people.community_names)),
    )
    rules = DisputeRules(
        quarrel=f32(quarrel),
        known=f32(known),
        elasticity=f32(facts.elasticity),
        grievance=f32(scenario.institutions.grievance),
        coldness=f32(max(0.01, 1.0 - float(np.sort(others)[people.n // 2]))),
        skill_effect=f32(facts.skill_effect),
        trust_effect=f32(facts.trust_effect),
        registered=f32(1.0 / facts.true_ratio),
        trust=f32(scenario.institutions.trust),
        handler_skill=f32(facts.handler_skill),
        take_up=f32(facts.mediator_take_up / 4),  # asked again each week: it takes four to find one
        capacity=np.int32(facts.capacity),
        settled_working=f32(facts.settled_working),
        settled_dormant=f32(facts.settled_dormant),
        settled_alone=f32(facts.settled_alone),
        end_handled=f32(1.0 / facts.weeks_handled),
        end_alone=f32(1.0 / facts.weeks_alone),
        group_fight=f32(facts.group_fight),
        gathering=f32(facts.gathering),
        adult_stops=f32(facts.adult_stops),
        excitation=f32(facts.excitation),
        release=f32(1.0 / max(1.0, facts.excitation_weeks)),
        seen_by=f32(facts.seen_by),
        attitude_loss=f32(facts.attitude_loss),
        security_loss=f32(facts.security_loss),
        grievance_gain=f32(facts.grievance_gain),
        tie_loss=f32(facts.tie_loss),
        witness=f32(scenario.institutions.witness),
    )
    return rules, hazards


def _violence_a_year(scenario: Scenario, people: Population) -> tuple[float, float]:
    """Return the disputes other than the young's that are expected in a year, and all violence, quarrels included."""
    facts = scenario.disputes
    young = int(((people.age >= disputes.YOUTH_FROM) & (people.age < disputes.YOUTH_UNTIL)).sum())
    believing = 1.0 - facts.trust_effect * scenario.institutions.trust
    mix, violent = _by_kind(facts.mix), _by_kind(facts.violent)
    mix[disputes.YOUTH] = 0.0
    a_year = facts.registered * facts.true_ratio / 1000 * people.n
    violence = facts.quarrels / 1000 * young * violent[disputes.YOUTH] + a_year * float((mix * violent).sum())
    return a_year * float(mix.sum()), violence * believing


def _without_echo(scenario: Scenario, people: Population) -> float:
    """Return the share of disputes that do not follow from earlier violence.

    What is registered includes the echo of violence (self-excitation); the base rate must leave it room.
    """
    a_year, violence = _violence_a_year(scenario, people)
    return max(0.1, 1.0 - scenario.disputes.excitation * violence / a_year) if a_year > 0 else 1.0


def _rest(scenario: Scenario, people: Population, ties: TieTable) -> tuple[Floats, Floats]:
    """Return security and grievance (n,) to which people return, such that ordinary violence keeps them as they are."""
    facts = scenario.disputes
    seen = _violence_a_year(scenario, people)[1] / WEEKS_A_YEAR * (2 + 4 * ties.m / people.n * facts.seen_by) / people.n
    pressure = f32(seen / weekly(scenario.institutions.recovery))
    security = people.security * (f32(1) + pressure * f32(facts.security_loss))
    grievance = people.grievance - pressure * f32(facts.grievance_gain) * (f32(1) - people.grievance)
    return security, grievance


def _places(people: Population, seed: int) -> Places:
    pool = people.school.astype(np.int64)
    schools = int(pool.max()) + 1
    pool[(pool < 0) & (people.age >= MEASURED_FROM)] = schools
    part = ties_of.parts(pool)
    for place in np.unique(pool[part > 0]):  # a bazaar of its own for every part of a very large place
        more = (pool == place) & (part > 0)
        pool[more] = pool.max() + part[more]
    inside = np.flatnonzero(pool >= 0)
    order = np.lexsort((Luck(seed, "places").uniform("seat", 0, inside), pool[inside]))
    member = inside[order]
    size = np.bincount(pool[inside], minlength=max(schools, int(pool.max())) + 1)
    start = np.cumsum(size) - size
    seat = np.zeros(people.n, np.int64)
    seat[member] = np.arange(len(member)) - start[pool[member]]
    as_int = np.int32
    return Places(
        pool=pool.astype(as_int),
        seat=seat.astype(as_int),
        start=start.astype(as_int),
        size=size.astype(as_int),
        member=member.astype(as_int),
    )


def _groups(people: Population) -> Groups:
    villages, communities = len(people.village_names), len(people.community_names)
    band = np.searchsorted(np.array(FIRST_AGE), people.age, side="right") - 1
    shape = (villages, communities, 2, len(AGES))
    cell = np.ravel_multi_index(
        (people.village.astype(int), people.community.astype(int), people.female.astype(int), band), shape
    )
    names = [("all", "all"), ("sex", "men"), ("sex", "women")]
    names += [("age", name) for name in AGES]
    names += [("community", name) for name in people.community_names]
    names += [("village", name) for name in people.village_names]
    v, c, s, a = np.unravel_index(np.arange(int(np.prod(shape))), shape)
    first_community = 3 + len(AGES)
    of_cell = np.stack(
        [np.zeros_like(v), 1 + s, 3 + a, first_community + c, first_community + communities + v], axis=1
    )
    return Groups(cell=cell.astype(np.int32), of_cell=of_cell.astype(np.int32), names=tuple(names))
