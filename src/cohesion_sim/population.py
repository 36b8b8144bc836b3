"""The synthetic population: one array a property, one row a person, rows ordered by village, quarter, household.

Built by quotas and systematic draws, so that the scenario's targets (ages, sexes, households, communities,
segregation, roles, languages) are met in every population; `targets` tabulates target against achieved. No
transcendental function is used, so the same seed gives the same people on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import InputError
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import AGE_BANDS, Scenario

ROLES = ("resident", "official", "religious_leader", "activist")
BODIES = (
    "none",
    "staff",
    "council",
    "village_head",
    "religious_leader",
    "womens_council",
    "youth_committee",
    "elders_court",
    "teacher",
)
ROLE_OF_BODY = np.array([0, 1, 1, 1, 2, 3, 3, 3, 3], np.int8)
GIRL_FROM, GIRL_UNTIL = 14.0, 18.0

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who lives here at the start. Arrays have shape (n,) unless said; all are read-only."""

    n: int
    seed: int
    key: NDArray[np.int64]  # the number by which draws know a resident
    village: NDArray[np.int16]
    quarter: NDArray[np.int32]
    household: NDArray[np.int32]
    age: NDArray[np.float32]  # years at the start
    female: NDArray[np.bool_]
    community: NDArray[np.int8]
    confession: NDArray[np.int8]
    school: NDArray[np.int16]  # -1: no pupil
    classroom: NDArray[np.int32]  # -1: no pupil
    congregation: NDArray[np.int16]  # -1: none
    leaders: NDArray[np.int32]  # (congregations,) row of the religious leader
    role: NDArray[np.int8]
    body: NDArray[np.int8]
    migrant: NDArray[np.bool_]  # works abroad in season
    speaks: NDArray[np.uint8]  # bit l: language l well
    attitude: Floats  # (n, communities)
    norm: Floats
    trust: Floats
    security: Floats
    grievance: Floats
    approval: Floats  # (households,) belief in early marriage
    community_names: tuple[str, ...]
    confession_names: tuple[str, ...]
    village_names: tuple[str, ...]
    language_names: tuple[str, ...]
    confession_of: NDArray[np.int8]  # (communities,)
    majority: int


def _quotas(shares: NDArray[np.float64], total: int) -> Ints:
    """Return whole numbers that sum to ``total`` in proportion to ``shares`` (largest remainder)."""
    exact = shares * (total / shares.sum())
    whole = np.floor(exact).astype(np.int64)
    short = total - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:short]] += 1
    return whole


def _household_sizes(n: int, mean: float) -> Ints:
    """Return household sizes that sum to ``n``: one plus a Poisson number, by quota, at most 14."""
    households = max(1, round(n / mean))
    extra = mean - 1.0
    weights = np.ones(14)
    for k in range(1, 14):
        weights[k] = weights[k - 1] * extra / k
    sizes = np.repeat(np.arange(1, 15), _quotas(weights, households))
    difference = n - int(sizes.sum())
    step = 1 if difference > 0 else -1
    middle = np.flatnonzero((sizes > 1) & (sizes < 14)) if households > 1 else np.zeros(1, np.int64)
    for k in range(abs(difference)):
        sizes[middle[k % len(middle)]] += step
    return sizes


def _families(ages: NDArray[np.float64], female: NDArray[np.bool_], sizes: Ints, luck: Luck) -> Ints:
    """Return the household of every person: couples or single heads first, then children, kin and elders by age."""
    n, households = len(ages), len(sizes)
    household = np.full(n, -1, np.int64)
    people = np.arange(n)
    draw = luck.uniform("family", 0, people)
    order = np.argsort(draw, kind="stable")
    men = order[(~female & (ages >= 24))[order]]
    women = order[(female & (ages >= 21) & (ages < 75))[order]]
    shuffled = np.argsort(luck.uniform("house", 0, np.arange(households)), kind="stable")
    roomy = shuffled[sizes[shuffled] >= 2]
    couples = min(len(men) * 9 // 10, len(women) * 9 // 10, len(roomy) * 17 // 20)
    noise = 6.0 * (draw - 0.5)
    husbands = men[:couples][np.argsort((ages + noise)[men[:couples]] - 3.0, kind="stable")]
    wives = women[:couples][np.argsort((ages - noise)[women[:couples]], kind="stable")]
    household[husbands] = roomy[:couples]
    household[wives] = roomy[:couples]
    head_age = np.zeros(households)
    head_age[roomy[:couples]] = ages[wives]
    alone = np.setdiff1d(shuffled, roomy[:couples], assume_unique=True)
    free = order[(household[order] < 0) & (ages[order] >= 20)]
    if len(free) < len(alone):
        raise InputError(
            "people.household_size: too few adults for so many households; write a larger household size"
        )
    heads = free[: len(alone)]
    household[heads] = alone
    head_age[alone] = ages[heads]
    # Everyone else goes where a head of fitting age lives: children with parents, elders with grown children.
    filled = np.bincount(household[household >= 0], minlength=households)
    slots = np.repeat(np.arange(households), np.maximum(sizes - filled, 0))
    rest = people[household < 0]
    fitting = np.where(ages[rest] < 45, ages[rest] + 26.0, ages[rest] - 26.0) + 8.0 * (draw[rest] - 0.5)
    slot_noise = 4.0 * (luck.uniform("slot", 0, np.arange(len(slots))) - 0.5)
    slots = slots[np.argsort(head_age[slots] + slot_noise, kind="stable")]
    household[rest[np.argsort(fitting, kind="stable")]] = slots[: len(rest)]
    return household


def _cut(weights: Ints, order: Ints, quotas: Ints) -> Ints:
    """Return the class of each item: items in ``order`` fill ``quotas`` of weight one after another."""
    middle = np.cumsum(weights[order]) - weights[order] / 2.0
    classes = np.searchsorted(np.cumsum(quotas)[:-1], middle, side="right")
    out = np.empty(len(weights), np.int64)
    out[order] = classes
    return out


def dissimilarity(counts: NDArray[np.int64]) -> float:
    """Return the multi-group dissimilarity index, 0-1, of counts with shape (quarters, communities).

    The share who would have to move, over that under full segregation [SAKODA81, REARDON02]. With two
    communities it is the usual index of Duncan.
    """
    total = counts.sum()
    size = counts.sum(axis=1, keepdims=True)
    share = counts.sum(axis=0) / total
    interaction = float((share * (1 - share)).sum())
    if interaction == 0:
        return 0.0
    local = counts / np.maximum(size, 1)
    return float((size * np.abs(local - share)).sum() / (2 * total * interaction))


def _settle(scenario: Scenario, sizes: Ints, luck: Luck) -> tuple[Ints, Ints]:
    """Return the village and the community of each household, by quotas of people."""
    houses = np.arange(len(sizes))
    people = _quotas(np.array([v.share for v in scenario.villages.values()]), int(sizes.sum()))
    village = _cut(sizes, np.argsort(luck.uniform("village", 0, houses), kind="stable"), people)
    overall = np.array([c.share for c in scenario.communities.values()])
    community = np.zeros(len(sizes), np.int64)
    draw = luck.uniform("community", 0, houses)
    for v, place in enumerate(scenario.villages.values()):
        here = np.flatnonzero(village == v)
        own = np.array([place.communities.get(name, 0.0) for name in scenario.communities])
        order = np.argsort(draw[here], kind="stable")
        shares = own if place.communities else overall
        community[here] = _cut(sizes[here], order, _quotas(shares, int(sizes[here].sum())))
    return village, community


def _quarters(scenario: Scenario, sizes: Ints, village: Ints, community: Ints, luck: Luck) -> Ints:
    """Return the quarter of each household so that the dissimilarity of the scenario is met by bisection."""
    households = len(sizes)
    draw = luck.uniform("quarter", 0, np.arange(households)).astype(np.float64)
    counts = np.bincount(village, minlength=len(scenario.villages))
    quarters = np.maximum(1, np.round(counts / scenario.people.quarter).astype(np.int64))
    first_quarter = np.cumsum(quarters) - quarters
    first_house = np.cumsum(counts) - counts
    block = np.empty(households)
    ordered = np.lexsort((draw, community, village))
    block[ordered] = (np.arange(households) - first_house[village[ordered]] + 0.5) / counts[village[ordered]]

    def place(segregation: float) -> Ints:
        order = np.lexsort((segregation * block + (1 - segregation) * draw, village))
        rank = np.empty(households, np.int64)
        rank[order] = np.arange(households)
        rank -= first_house[village]
        return first_quarter[village] + rank * quarters[village] // np.maximum(counts[village], 1)

    def index(quarter: Ints) -> float:
        groups = len(scenario.communities)
        table = np.bincount(quarter * groups + community, sizes, minlength=int(quarters.sum()) * groups)
        return dissimilarity(table.reshape(-1, groups))

    low, high = 0.0, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        if index(place(middle)) < scenario.people.dissimilarity:
            low = middle
        else:
            high = middle
    return min((place(low), place(high)), key=lambda q: abs(index(q) - scenario.people.dissimilarity))


def _assign_places(places: Ints, village: Ints, members: Ints, order: Ints) -> Ints:
    """Return the place (school, house of prayer) of each member, -1 for everyone else.

    ``places`` (villages,) says how many stand in each village; the people of a village without one go to the nearest
    that has one, and those of a village with several share them by neighbourhood (``order``).
    """
    out = np.full(len(village), -1, np.int64)
    first = np.cumsum(places) - places
    having = np.flatnonzero(places)
    for v in range(len(places)):
        host = v if places[v] else int(having[np.argmin(np.abs(having - v))])
        options = first[host] + np.arange(places[host])
        here = members[village[members] == v]
        here = here[np.argsort(order[here], kind="stable")]
        out[here] = options[np.arange(len(here)) * len(options) // max(len(here), 1)]
    return out


def _bodies(
    scenario: Scenario, columns: Mapping[str, Any], congregations: int, luck: Luck
) -> NDArray[np.int8]:
    """Return the body each resident serves in (index into `BODIES`), by age, sex, village and confession."""
    age, female, village = columns["age"], columns["female"], columns["village"]
    n = len(age)
    body = np.zeros(n, np.int8)
    draw = luck.uniform("body", 0, np.arange(n))
    thinned = luck.uniform("body sex", 0, np.arange(n))
    order = np.argsort(draw, kind="stable")

    def appoint(number: int, name: str, fits: NDArray[np.bool_]) -> None:
        candidates = order[(fits & (body == 0) & ~columns["migrant"])[order]]
        if len(candidates) == 0:  # a very small place: anyone of age
            candidates = order[((age >= 18) & (body == 0))[order]]
        body[candidates[:number]] = BODIES.index(name)

    roles = scenario.roles
    for house in range(congregations):
        inside = columns["congregation"] == house
        adults = inside & ~female & (age >= 28) & (age < 78)
        appoint(
            1,
            "religious_leader",
            adults if adults.any() else inside & (age >= 18) if inside.any() else age >= 28,
        )
    for v in range(len(scenario.villages)):
        appoint(1, "village_head", (village == v) & (age >= 33) & (age < 64) & ~female)
    appoint(roles.staff, "staff", (age >= 23) & (age < 63))
    appoint(roles.council, "council", (age >= 28) & (age < 66))
    appoint(roles.elders_court, "elders_court", (age >= 55) & (age < 82) & (~female | (thinned < 0.03)))
    appoint(roles.womens_council, "womens_council", female & (age >= 28) & (age < 66))
    appoint(roles.youth_committee, "youth_committee", (age >= 18) & (age < 29))
    appoint(
        roles.active_teachers * roles.schools, "teacher", (age >= 24) & (age < 63) & (female | (thinned < 0.3))
    )
    return body


def _mean_attitudes(scenario: Scenario) -> NDArray[np.float64]:
    """Return the mean attitude at the start of each community (row) to each community (column)."""
    communities = list(scenario.communities.values())
    start = scenario.attitudes
    background = {c.ethnicity: False for c in communities}
    for c in communities:
        confession = scenario.confessions.get(c.confession)
        if confession is not None and confession.muslim_background:
            background[c.ethnicity] = True
    table = np.empty((len(communities), len(communities)))
    for i, one in enumerate(communities):
        for j, other in enumerate(communities):
            confession = scenario.confessions.get(other.confession)
            convert = background[other.ethnicity] and not (
                confession is not None and confession.muslim_background
            )
            if i == j:
                table[i, j] = start.own
            elif one.confession != other.confession:
                table[i, j] = (
                    start.converts if convert and background[one.ethnicity] else start.other_confession
                )
            elif one.ethnicity != other.ethnicity:
                table[i, j] = start.other_ethnicity
            else:
                table[i, j] = start.other_line
    return table


def _attitudes(
    means: NDArray[np.float64], community: Ints, spread: float, luck: Luck, everyone: Ints
) -> Floats:
    """Return attitudes (n, communities) in [0.01, 0.99] whose community means are those given."""
    person = luck.normal("attitude", 0, everyone)
    out = np.empty((len(community), len(means)), np.float32)
    for g in range(len(means)):
        own = luck.normal(f"attitude to {g}:", 0, everyone)
        for k in range(len(means)):
            rows = np.flatnonzero(community == k)
            raw = spread * (0.8 * person[rows] + 0.6 * own[rows])
            shift = 0.0
            for _ in range(4):  # clipping moves the mean; put it back
                value = np.clip(means[k, g] + shift + raw, 0.01, 0.99)
                shift += means[k, g] - (value.mean() if len(rows) else means[k, g])
            out[rows, g] = np.clip(means[k, g] + shift + raw, 0.01, 0.99)
    return out


def _places_of_life(scenario: Scenario, columns: dict[str, Any], confession: Ints) -> tuple[Ints, int]:
    """Return each resident's school (-1: none) and the number of congregations; adds the column congregation."""
    villages = len(scenario.villages)
    lived = np.bincount(columns["village"], minlength=villages).astype(np.float64)
    pupils = np.flatnonzero((columns["age"] >= 7) & (columns["age"] < 18))
    schools = _quotas(lived, scenario.roles.schools)
    school = _assign_places(schools, columns["village"], pupils, columns["quarter"])
    columns["congregation"] = np.full(len(confession), -1, np.int64)
    opened = 0
    for k, faith in enumerate(scenario.confessions.values()):
        members = np.flatnonzero(confession == k)
        if faith.houses == 0 or len(members) == 0:
            continue
        spread = _quotas(np.bincount(columns["village"][members], minlength=villages).astype(float), faith.houses)
        placed = _assign_places(spread, columns["village"], members, columns["quarter"])
        columns["congregation"][members] = placed[members] + opened
        opened += faith.houses
    return school, opened


def _tongues(scenario: Scenario, community: Ints, luck: Luck) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """Return the languages of the scenario and, as bits, which of them each resident speaks well."""
    languages = tuple(dict.fromkeys(name for c in scenario.communities.values() for name in c.speaks))
    speaks = np.zeros(len(community), np.uint8)
    for bit, language in enumerate(languages):
        tongue = luck.uniform(f"speaks {language}", 0, np.arange(len(community)))
        for k, group in enumerate(scenario.communities.values()):
            members = np.flatnonzero(community == k)
            fluent = members[np.argsort(tongue[members], kind="stable")]
            speaks[fluent[: round(group.speaks.get(language, 0.0) * len(members))]] |= np.uint8(1 << bit)
    return languages, speaks


def build(scenario: Scenario, seed: int) -> Population:
    """Return the population of a scenario under a seed.

    Raises
    ------
    InputError
        If the numbers of the scenario cannot make a population (too few adults for the households).
    """
    luck = Luck(seed, "population")
    facts = scenario.people
    n = facts.size
    everyone = np.arange(n)

    band = np.repeat(np.arange(len(AGE_BANDS)), _quotas(np.asarray(facts.ages), n))
    within: NDArray[np.float64] = luck.uniform("age", 0, everyone).astype(np.float64)
    inside = np.where(band == len(AGE_BANDS) - 1, 25.0 * within * within, 5.0 * within)
    ages = np.asarray(band * 5.0 + inside, np.float64)
    female = np.zeros(n, np.bool_)
    by_age = np.argsort(ages, kind="stable")
    female[by_age] = np.floor((everyone + 1) * facts.female) > np.floor(everyone * facts.female)
    sizes = _household_sizes(n, facts.household_size)
    household = _families(ages, female, sizes, luck)
    sizes = np.bincount(household, minlength=len(sizes))

    houses = np.arange(len(sizes))
    village, community = _settle(scenario, sizes, luck)
    quarter = _quarters(scenario, sizes, village, community, luck)

    # Rows in the order of the place: village, quarter, household, age.
    rows = np.lexsort((-ages, household, quarter[household], village[household]))
    old_house = household[rows]
    first = np.unique(old_house, return_index=True)[1]
    number = np.empty(len(sizes), np.int64)
    number[old_house[np.sort(first)]] = houses
    columns: dict[str, Any] = {
        "age": ages[rows],
        "female": female[rows],
        "household": number[old_house],
        "village": village[old_house],
        "quarter": quarter[old_house],
        "community": community[old_house],
    }
    names, confession_names = tuple(scenario.communities), tuple(scenario.confessions)
    confession_of = np.array(
        [confession_names.index(c.confession) for c in scenario.communities.values()], np.int8
    )
    confession = confession_of[columns["community"]]
    columns["migrant"] = (
        (columns["age"] >= 20) & (columns["age"] < 36) & (luck.uniform("migrant", 0, everyone) < facts.away)
    )

    school, congregations = _places_of_life(scenario, columns, confession)
    body = _bodies(scenario, columns, congregations, luck)
    imams = np.flatnonzero(body == BODIES.index("religious_leader"))
    leaders = np.zeros(congregations, np.int32)
    leaders[columns["congregation"][imams]] = imams

    languages, speaks = _tongues(scenario, columns["community"], luck)
    attitude = _attitudes(
        _mean_attitudes(scenario), columns["community"], scenario.attitudes.spread, luck, everyone
    )
    others = attitude_to_others(attitude, columns["community"], out_weights(columns["community"], len(names)))
    institutions = scenario.institutions

    def around(mean: float, name: str) -> Floats:
        return np.clip(mean + 0.15 * luck.normal(name, 0, everyone), 0.02, 0.98).astype(np.float32)

    population = Population(
        n=n,
        seed=seed,
        key=everyone.astype(np.int64),
        village=columns["village"].astype(np.int16),
        quarter=columns["quarter"].astype(np.int32),
        household=columns["household"].astype(np.int32),
        age=columns["age"].astype(np.float32),
        female=columns["female"],
        community=columns["community"].astype(np.int8),
        confession=confession.astype(np.int8),
        school=school.astype(np.int16),
        classroom=_classrooms(school, columns["age"], scenario.roles.class_size, luck).astype(np.int32),
        congregation=columns["congregation"].astype(np.int16),
        leaders=leaders,
        role=ROLE_OF_BODY[body],
        body=body,
        migrant=columns["migrant"],
        speaks=speaks,
        attitude=attitude,
        norm=np.clip(others + 0.1 * luck.normal("norm", 0, everyone), 0.01, 0.99).astype(np.float32),
        trust=around(institutions.trust, "trust"),
        security=around(institutions.security, "security"),
        grievance=around(institutions.grievance, "grievance"),
        approval=np.clip(
            scenario.marriage.approval + 0.2 * luck.normal("approval", 0, houses), 0.02, 0.98
        ).astype(np.float32),
        community_names=names,
        confession_names=confession_names,
        village_names=tuple(scenario.villages),
        language_names=languages,
        confession_of=confession_of,
        majority=int(np.argmax(np.bincount(columns["community"], minlength=len(names)))),
    )
    for name in Population.__slots__:
        value = getattr(population, name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return population


def _classrooms(school: Ints, age: NDArray[np.float64], class_size: int, luck: Luck) -> Ints:
    """Return a class number for each pupil (-1: none): those of one school and year, in groups of ``class_size``."""
    pupils = np.flatnonzero(school >= 0)
    out = np.full(len(school), -1, np.int64)
    if len(pupils) == 0:
        return out
    year = school[pupils] * 12 + np.minimum(age[pupils].astype(np.int64) - 7, 11)
    order = np.lexsort((luck.uniform("class", 0, pupils), year))
    sizes = np.bincount(year)
    first = np.cumsum(sizes) - sizes
    rank = np.arange(len(pupils)) - first[year[order]]
    classes = np.maximum(1, np.round(sizes / class_size).astype(np.int64))
    offset = np.cumsum(classes) - classes
    out[pupils[order]] = offset[year[order]] + rank * classes[year[order]] // sizes[year[order]]
    return out


def out_weights(community: NDArray[np.integer], communities: int) -> NDArray[np.float32]:
    """Return weights (own, other): how much each other community counts in "attitude to others", by its size."""
    share = np.bincount(community, minlength=communities) / len(community)
    weights = np.tile(share, (communities, 1))
    np.fill_diagonal(weights, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return weights.astype(np.float32)


def attitude_to_others(
    attitude: Floats, community: NDArray[np.integer], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return each resident's attitude (n,) to the other communities, weighted by their size."""
    out = np.zeros(len(community), np.float32)
    for g in range(weights.shape[0]):  # one after another: the same sum on every machine
        out += attitude[:, g] * weights[community, g]
    return out


def targets(scenario: Scenario, population: Population) -> list[dict[str, Any]]:
    """Return rows (property, group, target, achieved, unit): what the scenario asks and what the population is."""
    p = population
    rows: list[dict[str, Any]] = []

    def row(name: str, group: str, target: float, achieved: float, unit: str) -> None:
        rows.append(
            {
                "property": name,
                "group": group,
                "target": float(target),
                "achieved": float(achieved),
                "unit": unit,
            }
        )

    row("size", "all", scenario.people.size, p.n, "people")
    row("household size", "all", scenario.people.household_size, p.n / (int(p.household.max()) + 1), "people")
    row("female", "all", scenario.people.female, p.female.mean(), "share")
    band = np.minimum(p.age // 5, len(AGE_BANDS) - 1).astype(int)
    for k, name in enumerate(AGE_BANDS):
        row("age", name, scenario.people.ages[k], (band == k).mean(), "share")
    for k, (name, village) in enumerate(scenario.villages.items()):
        here = p.village == k
        row("village", name, village.share, here.mean(), "share")
        for g, (group, whole) in enumerate(scenario.communities.items()):
            target = village.communities.get(group, 0.0) if village.communities else whole.share
            row(f"community in {name}", group, target, (p.community[here] == g).mean(), "share")
    groups = len(scenario.communities)
    for k, (name, community) in enumerate(scenario.communities.items()):
        members = p.community == k
        row("community", name, community.share, members.mean(), "share")
        for bit, language in enumerate(p.language_names):
            achieved = ((p.speaks[members] >> bit) & 1).mean() if members.any() else 0.0
            row(f"speak {language}", name, community.speaks.get(language, 0.0), achieved, "share")
    table = np.bincount(p.quarter * groups + p.community, minlength=(int(p.quarter.max()) + 1) * groups)
    row(
        "dissimilarity",
        "all",
        scenario.people.dissimilarity,
        dissimilarity(table.reshape(-1, groups)),
        "index 0-1",
    )
    roles = scenario.roles
    wanted = {
        "staff": roles.staff,
        "council": roles.council,
        "village_head": len(scenario.villages),
        "religious_leader": sum(c.houses for c in scenario.confessions.values()),
        "womens_council": roles.womens_council,
        "youth_committee": roles.youth_committee,
        "elders_court": roles.elders_court,
        "teacher": roles.active_teachers * roles.schools,
    }
    for name, number in wanted.items():
        row("body", name, number, int((p.body == BODIES.index(name)).sum()), "people")
    return rows
