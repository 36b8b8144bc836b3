"""Who knows whom: ties of seven kinds, as pairs and as compressed rows.

Each kind is drawn inside pools (a quarter, a class, a congregation): every member seeks some partners in her
pool, near her in age where the pool is ordered by age. Friends are sought in one's own community with
probability ``homophily``, else in the whole village, so that P(out) = (1 - h)(1 - p_g) [BLAU77] (check V8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.kernels.encounters import SWEPT
from cohesion_sim.population import Population
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario

KINDS = ("household", "kin", "neighbour", "friend", "school", "work", "congregation")

MOST = 16_000
"""People among whom partners, workmates and strangers are sought: those of the largest ayil okmotu (setting.md)."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TieTable:
    """Ties as pairs (m,) with ``first`` < ``second``, and as rows: those of resident i are start[i]:start[i + 1]."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    kind: NDArray[np.uint8]
    start: NDArray[np.int32]  # (n + 1,)
    partner: NDArray[np.int32]  # (2 m,)
    tie: NDArray[np.int32]  # (2 m,) which pair

    @property
    def m(self) -> int:
        """The number of ties."""
        return len(self.first)


def rows(n: int, first: NDArray[np.int32], second: NDArray[np.int32], kind: NDArray[np.uint8]) -> TieTable:
    """Return the tie table of given pairs; in a row, ties stand in the order of the pairs."""
    m = len(first)
    ends = np.concatenate([first, second])
    # One key of end and tie: in a row, ties stand in their order, whichever end of them it is.
    order = np.argsort(ends.astype(np.int64) * max(m, 1) + np.tile(np.arange(m), 2))
    start = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(ends, minlength=n), out=start[1:])
    other = np.concatenate([second, first])
    return TieTable(
        first=first.astype(np.int32),
        second=second.astype(np.int32),
        kind=kind.astype(np.uint8),
        start=start,
        partner=other[order].astype(np.int32),
        tie=(order % m if m else order).astype(np.int32),
    )


def parts(pool: Ints) -> Ints:
    """Return the part of its pool (n,) in which everybody knows her way: 0 in pools of at most `MOST` people.

    Larger ones fall into parts of neighbours, as equal as can be. ``pool`` is below 0 for those who are in none.
    """
    order = np.argsort(pool, kind="stable")
    _, first, sizes = np.unique(pool[order], return_index=True, return_counts=True)
    begin, size = np.repeat(first, sizes), np.repeat(sizes, sizes)
    part = np.empty(len(pool), np.int64)
    part[order] = (np.arange(len(pool)) - begin) * -(-size // MOST) // size
    part[pool < 0] = 0
    return part


class Circles(NamedTuple):
    """Ties in the order in which `encounters.sweep` goes through them: two residents at a time.

    Of pair p, the ties inside their community are at begin[p]:split[p] and those to others at split[p]:begin[p + 1],
    the two residents in turn; where one has fewer, her places are filled up with a tie that never meets.
    """

    resident: NDArray[np.int32]  # (2 pairs,)
    begin: NDArray[np.int32]  # (pairs + 1,)
    split: NDArray[np.int32]  # (pairs,)
    partner: NDArray[np.int32]  # (places,)
    tie: NDArray[np.int32]  # (places,), the number of ties where there is none
    weight: NDArray[np.float32]  # (places,) share of a difference that meeting this partner closes


def circles(table: TieTable, community: NDArray[np.integer], weight: NDArray[np.floating]) -> Circles:
    """Return the circles of all residents; ``weight`` (2 m,) goes along the rows of the table.

    Neighbours in the rows are paired so that both have about as many ties.
    """
    n = len(community)
    owner = np.repeat(np.arange(n, dtype=np.int32), np.diff(table.start))
    apart = community[owner] != community[table.partner]
    others = np.bincount(owner[apart], minlength=n)
    alike = np.diff(table.start) - others
    resident = np.lexsort((others, alike, np.arange(n) // SWEPT))
    # Who is left alone is paired with herself; her second row holds no ties and is overwritten by the first.
    resident = np.append(resident, resident[n - n % 2 :]).reshape(-1, 2)
    longest, more = alike[resident].max(axis=1), others[resident].max(axis=1)
    begin = np.append(0, np.cumsum(longest + more))
    split = begin[:-1] + longest
    place = np.empty(n, np.int64)
    place[resident.reshape(-1)[:n]] = np.arange(n)
    seat = place[owner]
    pair, side = seat // 2, seat % 2
    # How many of her ties of the same sort come before: those to others, or the rest.
    before = np.cumsum(apart) - apart
    strange = before - np.append(before, 0)[table.start[owner]]
    rank = np.arange(len(owner)) - table.start[owner] - strange
    at = 2 * np.where(apart, split[pair] + strange, begin[pair] + rank) + side
    partner = np.repeat(resident.astype(np.int32), longest + more, axis=0).reshape(-1)
    tie = np.full(partner.shape, table.m, np.int32)
    share = np.zeros(partner.shape, weight.dtype)
    partner[at], tie[at], share[at] = table.partner, table.tie, weight
    return Circles(
        resident=resident.reshape(-1).astype(np.int32),
        begin=(2 * begin).astype(np.int32),
        split=(2 * split).astype(np.int32),
        partner=partner,
        tie=tie,
        weight=share,
    )


def _seek(
    pool: Ints, members: Ints, number: float, window: float, luck: Luck, name: str
) -> tuple[Ints, Ints]:
    """Return pairs: each member seeks about ``number`` / 2 partners in her pool.

    ``members`` are ordered as they stand in their pools; ``window`` is the share of the pool (at least ten
    people) within which a partner is sought, 1 for the whole pool.
    """
    pool = pool[members]
    order = np.argsort(pool, kind="stable")
    members, pool = members[order], pool[order]
    _, first, sizes = np.unique(pool, return_index=True, return_counts=True)
    begin, size = np.repeat(first, sizes), np.repeat(sizes, sizes)
    seeks = np.floor(number / 2 + luck.uniform(f"{name} number", 0, members)).astype(np.int64)
    seeks[size < 2] = 0
    who = np.repeat(np.arange(len(members)), seeks)
    turn = np.arange(len(who)) - np.repeat(np.cumsum(seeks) - seeks, seeks)
    draw = luck.uniform(f"{name} partner", 0, members[who] * 64 + np.minimum(turn, 63)).astype(np.float64)
    reach = np.minimum(size[who] - 1, np.maximum(10, np.floor(window * size[who]))).astype(np.int64)
    step = 1 + np.floor(draw * reach).astype(np.int64)  # 1 … reach seats further, then turned to both sides
    offset = np.where(step % 2 == 1, (step + 1) // 2, -(step // 2))
    partner = begin[who] + (who - begin[who] + offset) % size[who]
    return members[who], members[partner]


def build(scenario: Scenario, population: Population, seed: int) -> TieTable:
    """Return the ties of a population under a seed."""
    p = population
    luck = Luck(seed, "ties")
    facts = scenario.ties
    everyone = np.arange(p.n)
    grown = everyone[p.age >= 10]
    grown = grown[np.argsort(p.age[grown], kind="stable")]
    groups = len(p.community_names)
    village = p.village.astype(np.int64)
    community = p.community.astype(np.int64)
    quarter = p.quarter.astype(np.int64)
    congregation = p.congregation.astype(np.int64)
    kin, town = _split(village * groups + community), _split(village)

    lists = [_households(p.household)]
    lists.append(_seek(kin, np.sort(grown), facts.kin.number, 0.05, luck, "kin"))
    lists.append(_seek(quarter, np.sort(grown), facts.neighbour.number, 1.0, luck, "neighbour"))
    homely = luck.uniform("homophily", 0, grown) < facts.homophily
    number = facts.friend.number
    inside = _seek(kin, grown, number, 0.1, luck, "friend inside")
    outside = _seek(town, grown, number, 0.1, luck, "friend anywhere")
    seeks_inside = np.zeros(p.n, np.bool_)
    seeks_inside[grown] = homely
    lists.append(
        (
            np.concatenate([inside[0][seeks_inside[inside[0]]], outside[0][~seeks_inside[outside[0]]]]),
            np.concatenate([inside[1][seeks_inside[inside[0]]], outside[1][~seeks_inside[outside[0]]]]),
        )
    )
    pupils = everyone[p.classroom >= 0]
    lists.append(_seek(p.classroom.astype(np.int64), pupils, facts.school.number, 1.0, luck, "school"))
    adults = everyone[(p.age >= 18) & (p.age < 63)]
    workers = adults[luck.uniform("works", 0, adults) < 0.6]
    part = parts(np.zeros(p.n, np.int64))[workers]
    trade = np.zeros(p.n, np.int64)  # work groups of about 25 across the villages
    number_of = np.maximum(1, np.bincount(part) // 25)
    drawn = np.floor(luck.uniform("trade", 0, workers) * number_of.astype(np.float32)[part]).astype(np.int64)
    trade[workers] = drawn + (np.cumsum(number_of) - number_of)[part]
    lists.append(_seek(trade, workers, facts.work.number, 1.0, luck, "work"))
    faithful = grown[p.congregation[grown] >= 0]
    lists.append(
        _seek(_split(congregation), faithful, facts.congregation.number, 1.0, luck, "congregation")
    )

    first = np.concatenate([np.minimum(a, b) for a, b in lists])
    second = np.concatenate([np.maximum(a, b) for a, b in lists])
    kind = np.repeat(np.arange(len(lists)), [len(a) for a, _ in lists])
    # Two people have one tie: the first kind in the list of kinds.
    _, keep = np.unique(first * p.n + second, return_index=True)
    keep = keep[first[keep] != second[keep]]
    return rows(p.n, first[keep].astype(np.int32), second[keep].astype(np.int32), kind[keep].astype(np.uint8))


def _split(pool: Ints) -> Ints:
    """Return the pools (n,) with their parts as pools of their own."""
    part = parts(pool)
    return pool * (int(part.max()) + 1) + part


def _households(household: NDArray[np.int32]) -> tuple[Ints, Ints]:
    """Return all pairs inside households; people of a household stand in consecutive rows."""
    sizes = np.bincount(household)
    firsts, seconds = [], []
    for distance in range(1, int(sizes.max())):
        first = np.flatnonzero(household[:-distance] == household[distance:])
        firsts.append(first)
        seconds.append(first + distance)
    if not firsts:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(firsts), np.concatenate(seconds)
