"""V8: friends across communities come as opportunity allows, and trust is a posterior mean [BLAU77, JOSANG02].

With homophily h, friends of a member of community g belong to others with chance (1 - h)(1 - p_g), and a tie of anybody
crosses communities with (1 - h)(1 - sum p_g^2). Drives `ties.build` on one village of 12,000 with other ties switched
off. For trust, `disputes.arise`, `disputes.end` and `trust.week` run 400 weeks in which disputes are brought to
institutions and nothing is forgotten; trust must be (1 + settled) / (2 + brought) for everyone.
"""

from __future__ import annotations

import numpy as np

from cohesion_sim import files, ties
from cohesion_sim.kernels import disputes, trust
from cohesion_sim.population import build as build_population
from cohesion_sim.verification._place import f32
from cohesion_sim.verification._villages import Villages, quiet_disputes

HOMOPHILY = (0.0, 0.3, 0.6, 0.9)


def friends(homophily: float) -> tuple[int, float, float]:
    """Return the number of friendships, the error of the share that crosses, and the worst error by community.

    The last is a share of what is allowed: 1 point, or 3.5 standard errors where a community is small.
    """
    sets: dict[str, object] = {"people.size": 12_000, "people.dissimilarity": 0.05, "ties.homophily": homophily}
    sets |= {f"ties.{kind}.number": 0 for kind in ("kin", "neighbour", "school", "work", "congregation")}
    scenario = files.load_scenario("yuryevka", sets=sets)  # one village
    people = build_population(scenario, 1)
    table = ties.build(scenario, people, 1)
    friend = table.kind == ties.KINDS.index("friend")
    first, second = people.community[table.first[friend]], people.community[table.second[friend]]
    grown = people.community[people.age >= 10]
    shares = np.array([(grown == g).mean() for g in range(len(people.community_names))])
    worst = 0.0
    for g, share in enumerate(shares):
        ends = np.concatenate([second[first == g], first[second == g]])
        allowed = max(0.01, 3.5 * (0.25 / ends.size) ** 0.5)
        worst = max(worst, abs((ends != g).mean() - (1 - homophily) * (1 - share)) / allowed)
    crossing = (1 - homophily) * (1 - (shares**2).sum())
    return int(friend.sum()), float(abs((first != second).mean() - crossing)), float(worst)


def experiences(weeks: int = 400, n: int = 40) -> tuple[Villages, np.ndarray]:
    """Return the village after some years, and what each resident learned: settled and brought (n, 2)."""
    place = Villages(1, n)
    rules = quiet_disputes(registered=1.0, settled_dormant=0.7)
    people = place.residents
    learned = np.zeros((n, 2), int)
    zero = np.zeros(n, f32)
    for week in range(weeks):
        good, bad = people.good.copy(), people.bad.copy()
        place.week(8, week, rules, 0.02, violent=0.0)
        settled = people.good - good
        learned[:, 0] += settled.round().astype(int)
        learned[:, 1] += (settled + people.bad - bad).round().astype(int)
        trust.week(
            people.good,
            people.bad,
            zero,
            zero,
            f32(0),
            people.security,
            people.security.copy(),
            people.grievance,
            people.grievance.copy(),
            f32(0),
            people.skill,
            f32(0),
            zero.copy(),
            place.events[0, :1].astype(bool).repeat(n),
            people.witnessed,
        )
    return place, learned


def measure(quick: bool) -> dict[str, float]:
    """Return errors of the shares of friends in other communities, and of trust against its posterior mean."""
    del quick  # all of it is quick
    numbers, errors, worst = zip(*(friends(h) for h in HOMOPHILY), strict=True)
    place, learned = experiences()
    people = place.residents
    found = np.array([trust.expected(g, b) for g, b in zip(people.good, people.bad, strict=True)])
    brought = int(place.tally[disputes.REGISTERED].sum())
    return {
        "friendships": float(min(numbers)),
        **{f"error at homophily {h}": error for h, error in zip(HOMOPHILY, errors, strict=True)},
        "worst error by community": max(worst),
        "disputes brought": float(brought),
        "error of trust": float(np.abs(found - (learned[:, 0] + 1) / (learned[:, 1] + 2)).max()),
    }
