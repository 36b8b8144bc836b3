"""What a country file holds: types of municipality, regions with their districts, a roll-out, national shocks.

It is read by `cohesion_sim.studies.country.load.load_country`; here only its shape is said. Every municipality is a
scenario made from that of its type: larger or smaller, with other shares of its communities, more or less divided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cohesion_sim.parameters import MOST_SEED, Choice, Fact, Provenance

Share = Annotated[float, Fact("share", 0, 1, "")]
Municipalities = Annotated[int, Fact("municipalities", 1, 1000, "of the district")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """[country]: what holds everywhere."""

    title: Mapping[str, str]
    description: Mapping[str, str] = field(default_factory=dict)
    programme: Annotated[str, "programme of the types' scenarios that is rolled out"] = "project"
    weeks: Annotated[int, Choice("weeks", 8, 520, "length of a run")] = 104
    seed: Annotated[int, Choice("number", 0, MOST_SEED, "same seed, same numbers")] = 1
    headline: tuple[str, ...] = ("violent", "cohesion")  # measures that the answer puts first
    size_spread: Annotated[float, Fact("SD of the logarithm", 0, 2, "how municipalities of a region differ in size")]
    smallest: Annotated[int, Fact("people", 500, 100_000, "smallest municipality")]
    largest: Annotated[int, Fact("people", 500, 500_000, "largest municipality")]
    mixing: Annotated[float, Fact("SD of the logarithm", 0, 4, "how the shares of communities differ between places")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceType:
    """[types.NAME]: a scenario that stands for many municipalities, and the one for those in tense years."""

    scenario: str
    tense: Annotated[str, "scenario of a tense place of this type (left out: the same)"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """[regions.NAME]: how many people in how many municipalities, of what types and communities."""

    title: Mapping[str, str]
    people: Annotated[int, Fact("people", 500, 100_000_000, "who live in the municipalities of the region")]
    tense: Annotated[float, Fact("share", 0, 1, "of municipalities that live through tense years")]
    types: Mapping[str, Annotated[float, Fact("share", 0, 1, "of the region's municipalities")]]
    ethnicities: Mapping[str, Annotated[float, Fact("share", 0, 1, "of the region's residents")]] = field(
        default_factory=dict
    )
    districts: Mapping[str, Municipalities]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """[between.NAME]: a number of the scenarios that differs between municipalities, within its evidence range."""

    number: Annotated[str, "name of the number, as in `cohesion-sim parameters`"]
    sd: Annotated[float, Fact("as the number itself", 0, 1e9, "between municipalities")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """[rollout]: district after district, in waves."""

    first: Annotated[int, Choice("week", 0, 520, "the first wave begins")] = 4
    every: Annotated[int, Choice("weeks", 1, 104, "between waves")] = 4
    together: Annotated[int, Choice("districts", 1, 1000, "of one wave")] = 4
    order: tuple[str, ...] = ()  # districts that come first, in this order
    rest: Annotated[bool, "whether the other districts follow, in the order of the file"] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalShock:
    """[shocks.NAME]: the shock NAME of a scenario, in the same week everywhere or in some regions."""

    scenario: Annotated[str, "scenario that describes the shock"]
    week: Annotated[int, Fact("week", 0, 519, "when it happens")]
    regions: tuple[str, ...] = ()  # none: everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryFile:
    """A country file. ``name``, ``folder``, ``text``, ``provenance`` and ``sources`` do not stand in it."""

    question: Annotated[str, "what is to be found out, in one sentence"] = ""
    country: Country
    types: Mapping[str, PlaceType]
    regions: Mapping[str, Region]
    between: Mapping[str, Between] = field(default_factory=dict)
    rollout: Rollout = field(default_factory=Rollout)
    shocks: Mapping[str, NationalShock] = field(default_factory=dict)
    name: str = ""
    folder: Path = Path()
    text: str = ""
    provenance: Mapping[str, Provenance] = field(default_factory=dict, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)


def starts(design: CountryFile) -> dict[str, int]:
    """Return the week in which each district begins, by its name; -1: it never does."""
    districts = [name for region in design.regions.values() for name in region.districts]
    listed = list(dict.fromkeys(design.rollout.order))
    waves = [*listed, *(name for name in districts if name not in listed)] if design.rollout.rest else listed
    begin = {
        name: design.rollout.first + design.rollout.every * (number // design.rollout.together)
        for number, name in enumerate(waves)
    }
    return {name: begin.get(name, -1) for name in districts}
