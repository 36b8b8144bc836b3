"""A country file with all that it names: every mistake at once, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cohesion_sim import files
from cohesion_sim.consistency_country import Problem, country_problems
from cohesion_sim.country_design import CountryFile
from cohesion_sim.fields import maybe, one_of, show
from cohesion_sim.parameters import InputError
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies.country.places import Loaded, Place, places, scenario_of

CLOSE = 0.02
"""How far the share of an ethnicity in a region may be from what the file says."""


def load_country(name_or_path: str | Path) -> Loaded:
    """Return a country file with its scenarios.

    Raises
    ------
    InputError
        With every mistake of the file, one a line.
    """
    known: dict[str, Scenario] = {}

    def problems(design: CountryFile) -> Iterator[Problem]:
        found = [*country_problems(design), *_scenarios(design, known)]
        yield from found or _as_drawn(Loaded(design=design, scenarios=known))

    design = files.load_design(name_or_path, CountryFile, problems)
    return Loaded(design=design, scenarios=known)


def _scenarios(design: CountryFile, known: dict[str, Scenario]) -> Iterator[Problem]:
    """Fill ``known`` with the scenarios that are named, and yield what is wrong with them."""
    for label, kind in design.types.items():
        for entry, name in (("scenario", kind.scenario), ("tense", kind.tense)):
            if name:
                yield from _scenario(design, known, name, ("types", label, entry))
    for label, shock in design.shocks.items():
        place = ("shocks", label)
        yield from _scenario(design, known, shock.scenario, (*place, "scenario"), part=True)
        has = known[shock.scenario].shocks if shock.scenario in known else {label: None}
        if label not in has:
            words = f"scenario '{shock.scenario}' has no shock '{label}'{maybe(label, has)}"
            yield place, f"{words}. Write {one_of(has)}, or name a scenario that has it"


def _scenario(
    design: CountryFile, known: dict[str, Scenario], name: str, place: tuple[str, ...], *, part: bool = False
) -> Iterator[Problem]:
    if name not in known:
        try:
            known[name] = files.scenario_beside(design.folder, name)
        except InputError as error:
            yield from ((place, words) for words in error.messages)
            return
    scenario = known[name]
    if part:
        return
    if design.country.programme not in scenario.programmes:
        wanted, known_ones = design.country.programme, scenario.programmes
        words = f"scenario '{name}' has no programme '{wanted}'{maybe(wanted, known_ones)}"
        yield place, f"{words}. Change country.programme to {one_of(known_ones)}, or name another scenario"
    for label, between in design.between.items():
        if between.number not in scenario.provenance:
            words = f"scenario '{name}' has no number '{between.number}'{maybe(between.number, scenario.provenance)}"
            yield ("between", label, "number"), f"{words}. `cohesion-sim parameters {name}` lists all"


def _as_drawn(loaded: Loaded) -> Iterator[Problem]:
    """Yield what shows only when the municipalities are drawn: shares that cannot be met, numbers that do not fit."""
    every = places(loaded)
    for name, region in loaded.design.regions.items():
        own = [place for place in every if place.region == name]
        met = ethnic_shares(loaded, own)
        for ethnicity, share in region.ethnicities.items():
            if abs(met.get(ethnicity, 0.0) - share) > CLOSE:
                words = f"{show(share)} of the region cannot be met with these types; they give "
                words += show(round(met.get(ethnicity, 0.0), 3))
                mend = f"Write {show(round(met.get(ethnicity, 0.0), 2))}, or other shares of [regions.{name}.types]"
                yield ("regions", name, "ethnicities", ethnicity), f"{words}. {mend}"
        # The smallest and the largest show what does not fit.
        for place in {min(own, key=lambda p: p.residents), max(own, key=lambda p: p.residents)} if own else ():
            try:
                scenario_of(loaded, place)
            except InputError as error:
                yield from ((("regions", name), f"municipality {place.number}: {words}") for words in error.messages)


def ethnic_shares(loaded: Loaded, some: list[Place]) -> dict[str, float]:
    """Return the share of each ethnicity among the people of some municipalities."""
    total: dict[str, float] = {}
    for place in some:
        communities = loaded.scenario(place.type, tense=place.tense).communities
        for key, share in place.shares:
            ethnicity = communities[key].ethnicity
            total[ethnicity] = total.get(ethnicity, 0.0) + share * place.residents
    people = sum(place.residents for place in some)
    return {key: value / people for key, value in total.items()}
