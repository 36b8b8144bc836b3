"""What must fit together in a scenario beyond single values: shares, names, weeks, money."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from cohesion_sim.fields import closest, hints, maybe, one_of, shape, show
from cohesion_sim.layers import CATALOGUE
from cohesion_sim.measures import MEASURES
from cohesion_sim.scenario import AGE_BANDS, Programme, Scenario

Path = tuple[str, ...]
Problem = tuple[Path, str]
Actor = tuple[type, Mapping[str, Any]]
"""The class of a kind and the values of its fields; what could not be read is None or lacks."""

SUM_TOLERANCE = 0.001
VILLAGE_TOLERANCE = 0.02
MOST_LANGUAGES = 8  # one bit of a byte each
MOST_COMMUNITIES = 8  # columns of an attitude array (kernels.lanes.LANES)

NAMES = {
    "village": "villages",
    "villages": "villages",
    "community": "communities",
    "communities": "communities",
    "against": "communities",
    "language": "languages",
    "languages": "languages",
    "confession": "confessions",
    "confessions": "confessions",
}
"""Fields of kinds that hold names of the scenario, and what they name; an empty text names nothing."""

ONE = {
    "villages": "village",
    "communities": "community",
    "languages": "language",
    "confessions": "confession",
}

ENDS = ("until", "end")
"""Fields of kinds that hold the first week after the end."""


SEATS = ("officials", "religious_leaders", "activists", "elders", "women", "youth", "residents")
"""Fields of kinds that share out the seats between people of a role, where they are shares of seats."""


def full_path(scenario: Scenario, path: str) -> Path:
    """Return the parts of a path of the user; ``project.platform.seats`` is short for its place in the programme."""
    parts = tuple(path.split("."))
    programmes = scenario.programmes or {}
    if parts[0] not in hints(Scenario) and parts[0] in programmes:
        parts = ("programmes", *parts)
    inside = parts[0] == "programmes" and len(parts) > 2 and parts[1] in programmes
    if inside and parts[2] not in hints(Programme):
        parts = (*parts[:2], "interventions", *parts[2:])
    return parts


def problems(scenario: Scenario, unmade: Mapping[Path, Actor] | None = None) -> Iterator[Problem]:
    """Yield place and words of what does not fit together; what could not be read is passed over.

    ``unmade`` are the interventions and shocks of a file with a mistake in some field, by place: the other
    fields are looked at all the same.
    """
    yield from _headline(scenario)
    yield from _people(scenario)
    yield from _communities(scenario)
    yield from _villages(scenario)
    if scenario.disputes is not None and scenario.disputes.mix is not None:
        mix = {
            f.name: getattr(scenario.disputes.mix, f.name) for f in dataclasses.fields(scenario.disputes.mix)
        }
        yield from _sum_to_one(("disputes", "mix"), mix, "kinds of dispute")
    names = {
        "villages": list(scenario.villages or ()),
        "communities": list(scenario.communities or ()),
        "confessions": list(scenario.confessions or ()),
        "languages": languages(scenario),
    }
    for path, (cls, given) in {**_actors(scenario), **(unmade or {})}.items():
        yield from _actor(path, given, names)
        yield from _seats(path, cls, given)
    if "nothing" in (scenario.programmes or ()):
        yield (
            ("programmes", "nothing"),
            "'nothing' is the empty programme that is always run. Give this one another name",
        )


def plans(scenario: Scenario, unmade: Mapping[Path, Actor] | None = None) -> Iterator[Problem]:
    """Yield what is planned after the last week, and programmes that cost more than the budget.

    Apart from `problems`: a scenario may inherit programmes that need more weeks or money than it has.
    """
    for path, (_, given) in {**_actors(scenario), **(unmade or {})}.items():
        name = "start" if "start" in given else "week"
        start = given.get(name)
        if isinstance(start, int) and scenario.weeks is not None and start >= scenario.weeks:
            words = f"week {start} lies after the end of the run ({scenario.weeks} weeks)"
            yield (*path, name), f"{words}. Write {name} = {scenario.weeks - 1} or less, or raise weeks"
    budget = scenario.economy.budget if scenario.economy is not None else None
    for name, programme in (scenario.programmes or {}).items():
        cost = 0.0
        for label, actor in (programme.interventions or {}).items():
            planned = getattr(actor, "planned_cost", None)
            try:
                cost += planned(scenario.weeks) if planned is not None and scenario.weeks else 0.0
            except Exception as error:  # a user's kind may fail in any way
                words = f"its planned_cost fails: {error}. Correct the kind"
                yield ("programmes", name, "interventions", label), words
        if budget is not None and cost > budget * (1 + 1e-9):
            words = f"costs {cost:.0f} USD, above economy.budget ({show(budget)} USD)"
            yield ("programmes", name), f"{words}. Plan for {cost - budget:.0f} USD less, or raise the budget"


def _actors(scenario: Scenario) -> dict[Path, Actor]:
    """Return every intervention and shock that could be made, by its place."""
    groups: dict[Path, Mapping[str, Any]] = {("shocks",): scenario.shocks or {}}
    for name, programme in (scenario.programmes or {}).items():
        groups["programmes", name, "interventions"] = programme.interventions or {}
    if scenario.portfolio is not None:
        catalogue = scenario.portfolio.catalogue
        groups[CATALOGUE] = {label: offer.doses[0][1] for label, offer in catalogue.items() if offer.doses}
    return {
        (*place, label): (type(actor), {f.name: getattr(actor, f.name, None) for f in dataclasses.fields(actor)})
        for place, group in groups.items()
        for label, actor in group.items()
        if actor is not None
    }


def languages(scenario: Scenario) -> list[str]:
    """Return the languages of a scenario: those that its first community lists, the state language first."""
    first = next(iter((scenario.communities or {}).values()), None)
    return list(first.speaks) if first is not None and first.speaks else []


def _sum_to_one(path: Path, shares: Mapping[str, float | None], of: str) -> Iterator[Problem]:
    known = [share for share in shares.values() if share is not None]
    if len(known) < len(shares) or not known:
        return
    total = math.fsum(known)
    if abs(total - 1) > SUM_TOLERANCE:
        parts = ", ".join(f"{name} {show(share)}" for name, share in shares.items())
        mend = f"Take {show(round(total - 1, 6))} off" if total > 1 else f"Add {show(round(1 - total, 6))}"
        yield path, f"the shares of the {of} add up to {show(round(total, 6))}, not 1. {mend} ({parts})"


def _headline(scenario: Scenario) -> Iterator[Problem]:
    """Yield what is wrong with the measures that answer and ranking put first."""
    headline = scenario.headline
    if headline is None:
        return
    if not headline:
        yield ("headline",), 'no measure. Write headline = ["violent", "cohesion"]'
    for number, name in enumerate(headline):
        if name not in MEASURES:
            close = closest(name, MEASURES)
            mend = f"Write {show(close)}" if close else f"Write one of {', '.join(MEASURES)}"
            yield ("headline", str(number)), f"unknown measure '{name}'{maybe(name, MEASURES)}. {mend}"
        elif name in headline[:number]:
            yield ("headline", str(number)), f"'{name}' is given twice. Keep one of the two"


def _people(scenario: Scenario) -> Iterator[Problem]:
    ages = scenario.people.ages if scenario.people is not None else None
    if ages is None:
        return
    if len(ages) != len(AGE_BANDS):
        bands = f"{AGE_BANDS[0]}, {AGE_BANDS[1]} … {AGE_BANDS[-1]}"
        yield (
            ("people", "ages"),
            f"{len(ages)} shares instead of {len(AGE_BANDS)}. Write one for each age band: {bands}",
        )
    else:
        yield from _sum_to_one(("people", "ages"), dict(zip(AGE_BANDS, ages, strict=True)), "age bands")


def _communities(scenario: Scenario) -> Iterator[Problem]:
    communities = scenario.communities
    if communities is None:
        return
    if not 1 <= len(communities) <= MOST_COMMUNITIES:
        words = f"{len(communities)} communities. Write 1 to {MOST_COMMUNITIES} sections [communities.NAME]"
        yield ("communities",), words
    yield from _sum_to_one(("communities",), {k: c.share for k, c in communities.items()}, "communities")
    known = languages(scenario)
    if len(known) > MOST_LANGUAGES:
        first = next(iter(communities))
        yield (
            ("communities", first, "speaks"),
            f"{len(known)} languages. Keep the {MOST_LANGUAGES} that matter most",
        )
    for key, community in communities.items():
        faith = community.confession
        if faith is not None and scenario.confessions is not None and faith not in scenario.confessions:
            words = f"unknown confession '{faith}'{maybe(faith, scenario.confessions)}"
            yield (
                ("communities", key, "confession"),
                f"{words}. Write {one_of(scenario.confessions)}, or add a section [confessions.NAME]",
            )
        for language in community.speaks or ():
            if known and language not in known:
                words = (
                    f"unknown language '{language}'{maybe(language, known)}. "
                    f"The languages of a scenario are those of its first community ({', '.join(known)}); "
                    f"add '{language}' there (value 0 if nobody speaks it)"
                )
                yield ("communities", key, "speaks", language), words


def _villages(scenario: Scenario) -> Iterator[Problem]:
    villages, communities = scenario.villages, scenario.communities
    if villages is None:
        return
    if not villages:
        yield ("villages",), "no village. Write at least one section [villages.NAME]"
    yield from _sum_to_one(("villages",), {k: v.share for k, v in villages.items()}, "villages")
    if communities is None:
        return
    sound = True
    for key, village in villages.items():
        own = village.communities or {}
        path = ("villages", key, "communities")
        for name in own:
            if name not in communities:
                sound = False
                words = f"unknown community '{name}'{maybe(name, communities)}"
                mend = f"Write {one_of(communities)}, or add a section [communities.NAME]"
                yield (*path, name), f"{words}. {mend}"
        for problem in _sum_to_one(path, own, f"communities in village '{key}'") if own else ():
            sound = False
            yield problem
    if sound and any(v.communities for v in villages.values()):
        yield from _compositions(scenario)


def _compositions(scenario: Scenario) -> Iterator[Problem]:
    """Yield the communities whose shares in the villages do not make up their share in the municipality."""
    communities, villages = scenario.communities, scenario.villages
    shares = [c.share for c in communities.values()]
    shares += [v.share for v in villages.values()]
    own = [share for v in villages.values() for share in (v.communities or {}).values()]
    if None in shares or None in own:
        return
    for key, community in communities.items():
        total = math.fsum(
            village.share * (village.communities.get(key, 0.0) if village.communities else community.share)
            for village in villages.values()
        )
        if abs(total - community.share) > VILLAGE_TOLERANCE:
            words = (
                f"'{key}' is {show(community.share)} of the municipality, "
                f"but its shares in the villages make up {show(round(total, 4))}. "
                f"Change [villages.*.communities] or communities.{key}.share"
            )
            yield ("communities", key, "share"), words


def _seats(path: Path, cls: type, given: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield that more seats are given to roles than there are."""
    shares = {}
    for name in SEATS:
        declared = shape(hints(cls)[name]).declared if given.get(name) is not None else None
        if declared is not None and declared.unit.startswith("share"):
            shares[name] = given[name]
    total = math.fsum(shares.values())
    if total > 1 + SUM_TOLERANCE:
        parts = ", ".join(f"{name} {show(share)}" for name, share in shares.items())
        words = f"the shares of seats add up to {show(round(total, 6))}, more than all seats"
        yield path, f"{words}. Take {show(round(total - 1, 6))} off ({parts})"


def _actor(path: Path, given: Mapping[str, Any], names: Mapping[str, list[str]]) -> Iterator[Problem]:
    """Yield what does not fit in one intervention or shock: its weeks, its ages, the names it uses."""
    start = given.get("start")
    for end in ENDS:
        last = given.get(end)
        if isinstance(start, int) and isinstance(last, int) and last <= start:
            words = f"ends in week {last}, before it starts in week {start}"
            yield (*path, end), f"{words}. Write {end} = {start + 1} or more"
    youngest, oldest = given.get("youngest"), given.get("oldest")
    if youngest is not None and oldest is not None and youngest > oldest:
        words = f"the oldest ({oldest}) are younger than the youngest ({youngest})"
        yield (*path, "oldest"), f"{words}. Write oldest = {youngest} or more"
    for name, kind in NAMES.items():
        value = given.get(name)
        for item in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
            if isinstance(item, str) and item and names[kind] and item not in names[kind]:
                words = f"unknown {ONE[kind]} '{item}'{maybe(item, names[kind])}"
                yield (*path, name), f"{words}. Write {one_of(names[kind])}"
