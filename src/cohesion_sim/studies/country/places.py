"""The municipalities of a country: drawn from the distributions of its file, each made from a scenario of its type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files
from cohesion_sim.consistency_trial import arm_sizes
from cohesion_sim.country_design import CountryFile, Region, starts
from cohesion_sim.fields import field_at
from cohesion_sim.kernels.arithmetic import exp
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Community, Scenario, Village
from cohesion_sim.studies.execute import replication_seed

Floats = NDArray[np.float64]
FEWEST = 12
"""People that a community has at least, so that every one of a type lives in each of its places."""
COUNCIL = ((6_000, 11), (20_000, 21), (10**9, 31))
"""Seats of a local council up to so many people [C16]."""
ROUNDS = 500  # of fitting shares to their targets; far more than it takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One municipality before it lives. ``start`` is the week its district begins, -1: never."""

    number: int
    region: str
    district: str
    type: str
    tense: bool
    start: int
    seed: int
    residents: int
    shares: tuple[tuple[str, float], ...]
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A country file with all scenarios that it names, by name."""

    design: CountryFile
    scenarios: Mapping[str, Scenario]

    def scenario(self, kind: str, *, tense: bool) -> Scenario:
        """Return the scenario of a type, or the one of its tense places."""
        named = self.design.types[kind]
        return self.scenarios[named.tense if tense and named.tense else named.scenario]


def places(loaded: Loaded) -> list[Place]:
    """Return all municipalities, by region and district; the same for the same file."""
    out: list[Place] = []
    begin = starts(loaded.design)
    for name, region in loaded.design.regions.items():
        out += _region(loaded, name, region, begin, first=len(out))
    return out


def _region(loaded: Loaded, name: str, region: Region, begin: Mapping[str, int], first: int) -> list[Place]:
    design = loaded.design
    districts = [district for district, n in region.districts.items() for _ in range(n)]
    number = np.arange(first, first + len(districts))
    luck = Luck(design.country.seed, "country")
    residents = _sizes(design, region, luck.normal("size", 0, number))
    tense = np.zeros(len(number), np.bool_)
    tense[np.argsort(luck.uniform("tense", 0, number), kind="stable")[: round(region.tense * len(number))]] = True
    order = np.argsort(luck.uniform("type", 0, number), kind="stable")
    kinds = np.empty(len(number), np.int64)
    sizes = arm_sizes(list(region.types.values()), len(number))
    kinds[order] = np.repeat(np.arange(len(sizes)), sizes)
    kind = [list(region.types)[k] for k in kinds]
    made = [loaded.scenario(k, tense=bool(t)) for k, t in zip(kind, tense, strict=True)]
    shares = _shares(design, region, made, residents, luck, number)
    values = _values(design, made, luck, number)
    return [
        Place(
            number=int(number[i]), region=name, district=districts[i], type=kind[i], tense=bool(tense[i]),
            start=begin[districts[i]], seed=replication_seed(design.country.seed, int(number[i])),
            residents=int(residents[i]), shares=shares[i], values=values[i],
        )
        for i in range(len(number))
    ]  # fmt: skip


def _sizes(design: CountryFile, region: Region, z: Floats) -> NDArray[np.int64]:
    """Return how many live in each municipality: log-normal between the limits, in all the people of the region."""
    raw = np.array([exp.py_func(design.country.size_spread * one) for one in z])
    scale = region.people / raw.sum()
    for _ in range(ROUNDS):
        found = np.clip(scale * raw, design.country.smallest, design.country.largest)
        scale *= region.people / found.sum()
    return np.asarray(np.round(found), np.int64)


def fitted(table: Floats, weights: Floats, targets: Floats) -> Floats:
    """Return rows of shares changed so that their weighted mean is the targets, by factors common to a column.

    ``table`` has shape (rows, columns), every row adding to 1. Columns whose target is NaN take what is left.
    Iterative proportional fitting; what cannot be reached is left as close as it comes.
    """
    known = np.isfinite(targets)
    weights = weights / weights.sum()
    table = table / table.sum(axis=1, keepdims=True)
    for _ in range(ROUNDS):
        mean = weights @ table
        factor = np.where(known & (mean > 0), targets / np.where(mean > 0, mean, 1), 1.0)
        if np.abs(factor - 1).max() < 1e-9:
            break
        table = table * factor
        table = table / table.sum(axis=1, keepdims=True)
    return table


def _shares(
    design: CountryFile, region: Region, made: list[Scenario], residents: NDArray[np.int64], luck: Luck, number: Any
) -> list[tuple[tuple[str, float], ...]]:
    """Return the shares of the communities of each place: those of its type, mixed by chance, fitted to the region."""
    ethnic = sorted({c.ethnicity for scenario in made for c in scenario.communities.values()})
    names = sorted({key for scenario in made for key in scenario.communities})
    z = {key: luck.normal(f"share of {key}", 0, number) for key in names}
    own: list[dict[str, float]] = []
    table = np.zeros((len(made), len(ethnic)))
    for i, scenario in enumerate(made):
        drawn = {k: c.share * exp.py_func(design.country.mixing * z[k][i]) for k, c in scenario.communities.items()}
        total = sum(drawn.values())
        own.append({key: share / total for key, share in drawn.items()})
        for key, community in scenario.communities.items():
            table[i, ethnic.index(community.ethnicity)] += own[i][key]
    targets = np.array([region.ethnicities.get(name, np.nan) for name in ethnic])
    after = fitted(table, residents.astype(np.float64), targets)
    out = []
    for i, scenario in enumerate(made):
        held = [ethnic.index(c.ethnicity) for c in scenario.communities.values()]
        scaled = [share * after[i, e] / table[i, e] for share, e in zip(own[i].values(), held, strict=True)]
        kept = np.maximum(scaled, FEWEST / residents[i])
        kept = kept / kept.sum()
        out.append(tuple(zip(own[i], kept.tolist(), strict=True)))
    return out


def _values(
    design: CountryFile, made: list[Scenario], luck: Luck, number: NDArray[np.int64]
) -> list[tuple[tuple[str, float], ...]]:
    """Return the numbers that differ between places, around those of their scenario, within their evidence range."""
    drawn = {name: luck.normal(f"between {name}", 0, number) for name in design.between}
    out = []
    for i, scenario in enumerate(made):
        values = []
        for name, between in design.between.items():
            at = scenario.provenance[between.number]
            low, high = at.range or (-np.inf, np.inf)
            value, _ = field_at(scenario, Scenario, tuple(between.number.split(".")))
            moved = float(np.clip(value + between.sd * drawn[name][i], low, high))
            values.append((between.number, round(moved) if isinstance(value, int) else moved))
        out.append(tuple(values))
    return out


# ------------------------------------------------------------------------------------- one place as a scenario


def scenario_of(loaded: Loaded, place: Place) -> Scenario:
    """Return the scenario of a municipality. Raises `InputError` if its numbers make none."""
    base = loaded.scenario(place.type, tense=place.tense)
    ratio = place.residents / base.people.size
    shares = dict(place.shares)
    scenario = replace(
        base,
        name=f"{loaded.design.name}-{place.number}",
        weeks=loaded.design.country.weeks,
        communities={key: replace(one, share=shares[key]) for key, one in base.communities.items()},
        villages=_villages(base.villages, base.communities, shares),
        confessions={
            key: replace(one, houses=min(200, max(1, round(one.houses * ratio)) if one.houses else 0))
            for key, one in base.confessions.items()
        },
        roles=replace(
            base.roles,
            schools=max(1, round(base.roles.schools * ratio)),
            council=next(seats for people, seats in COUNCIL if place.residents <= people),
        ),
        economy=replace(base.economy, own_budget=base.economy.own_budget * ratio),
        shocks={**base.shocks, **national_shocks(loaded, place.region)},
        text="",
    )
    return files.with_values(scenario, {"people.size": place.residents, **dict(place.values)})


def national_shocks(loaded: Loaded, region: str) -> dict[str, Any]:
    """Return the shocks that a region shares with others, in their week and at no other time."""
    return {
        f"national_{name}": replace(loaded.scenarios[shock.scenario].shocks[name], week=shock.week, chance=0.0)
        for name, shock in loaded.design.shocks.items()
        if not shock.regions or region in shock.regions
    }


def _villages(
    villages: Mapping[str, Village], communities: Mapping[str, Community], shares: Mapping[str, float]
) -> dict[str, Village]:
    """Return the villages with compositions that make up the new shares; where they were alike, they stay so."""
    if not any(village.communities for village in villages.values()):
        return dict(villages)
    names = list(communities)
    rows = [
        [(v.communities.get(k, 0.0) if v.communities else communities[k].share) for k in names]
        for v in villages.values()
    ]
    weights = np.array([v.share for v in villages.values()])
    table = fitted(np.maximum(np.array(rows), 1e-6), weights, np.array([shares[k] for k in names]))
    return {
        key: replace(village, communities=dict(zip(names, table[i].tolist(), strict=True)))
        for i, (key, village) in enumerate(villages.items())
    }
