"""What must fit together in a country file beyond single values: shares, names, sizes, weeks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from cohesion_sim.consistency import SUM_TOLERANCE
from cohesion_sim.country_design import CountryFile, starts
from cohesion_sim.fields import maybe, one_of, show
from cohesion_sim.measures import MEASURES

Problem = tuple[tuple[str, ...], str]
AFTER = 13
"""Weeks that the last wave needs before the end, so that anything can be said of it."""


def country_problems(design: CountryFile) -> Iterator[Problem]:
    """Yield place and words of what does not fit together in a country file."""
    yield from _country(design)
    for name, region in design.regions.items():
        place = ("regions", name)
        yield from _names((*place, "types"), region.types, design.types, "type")
        yield from _whole((*place, "types"), region.types, "the types")
        total = math.fsum(region.ethnicities.values())
        if total > 1 + SUM_TOLERANCE:
            words = f"the shares of the ethnicities add up to {show(round(total, 6))}, more than 1"
            yield (*place, "ethnicities"), f"{words}. Take {show(round(total - 1, 6))} off"
        if not region.districts:
            yield (*place, "districts"), "no district. Write at least one: NAME = { value = 10, … }"
        n = sum(region.districts.values())
        low, high = n * design.country.smallest, n * design.country.largest
        if n and not low <= region.people <= high:
            words = f"{region.people} people do not fit into {n} municipalities of {design.country.smallest} to "
            yield (*place, "people"), f"{words}{design.country.largest} people. Write a number from {low} to {high}"
    yield from _districts(design)
    yield from _rollout(design)
    for name, shock in design.shocks.items():
        yield from _names(("shocks", name, "regions"), dict.fromkeys(shock.regions), design.regions, "region")
        if shock.week >= design.country.weeks:
            words = f"week {shock.week} lies after the end of the run ({design.country.weeks} weeks)"
            yield ("shocks", name, "week"), f"{words}. Write a value of {design.country.weeks - 1} or less"


def _country(design: CountryFile) -> Iterator[Problem]:
    country = design.country
    if country.smallest > country.largest:
        words = f"the smallest municipality ({country.smallest}) is larger than the largest ({country.largest})"
        yield ("country", "smallest"), f"{words}. Write a value of {country.largest} or less"
    if not country.headline:
        yield ("country", "headline"), 'no measure. Write headline = ["violent", "cohesion"]'
    for number, name in enumerate(country.headline):
        if name not in MEASURES or not MEASURES[name].better:
            words = f"unknown measure '{name}'{maybe(name, MEASURES)}"
            if name in MEASURES:
                words = f"of '{name}' neither more nor less is better"
            known = [key for key, measure in MEASURES.items() if measure.better]
            yield ("country", "headline", str(number)), f"{words}. Write one of {', '.join(known)}"
    for section in ("types", "regions"):
        if not getattr(design, section):
            yield (section,), f"nothing here. Write at least one section [{section}.NAME]"


def _names(
    place: tuple[str, ...], given: Mapping[str, object], known: Mapping[str, object], what: str
) -> Iterator[Problem]:
    for name in given:
        if name not in known:
            yield (*place, name), f"unknown {what} '{name}'{maybe(name, known)}. Write {one_of(known)}"


def _whole(place: tuple[str, ...], shares: Mapping[str, float], of: str) -> Iterator[Problem]:
    total = math.fsum(shares.values())
    if abs(total - 1) > SUM_TOLERANCE:
        mend = f"Take {show(round(total - 1, 6))} off" if total > 1 else f"Add {show(round(1 - total, 6))}"
        yield place, f"the shares of {of} add up to {show(round(total, 6))}, not 1. {mend}"


def _districts(design: CountryFile) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for region, section in design.regions.items():
        for name in section.districts:
            if name in first:
                words = f"'{name}' is already a district of region '{first[name]}'. Give one of the two another name"
                yield ("regions", region, "districts", name), words
            first.setdefault(name, region)


def _rollout(design: CountryFile) -> Iterator[Problem]:
    rollout = design.rollout
    known = [name for region in design.regions.values() for name in region.districts]
    for number, name in enumerate(rollout.order):
        place = ("rollout", "order", str(number))
        if name not in known:
            yield place, f"unknown district '{name}'{maybe(name, known)}. Write the name of a district of [regions]"
        elif name in rollout.order[:number]:
            yield place, f"'{name}' is given twice. Keep one of the two"
    weeks = starts(design)
    last = max(weeks.values(), default=-1)
    if known and last < 0:
        yield ("rollout", "order"), "no district begins. Name some in order, or write rest = true"
    if last > design.country.weeks - AFTER:
        words = f"the last wave begins in week {last}, with fewer than {AFTER} of {design.country.weeks} weeks left"
        yield ("rollout",), f"{words}. Put more districts together, shorten every, or raise country.weeks"
