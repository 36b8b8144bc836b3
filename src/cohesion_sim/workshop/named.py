"""What the page shows of the shipped scenario files: titles, and the assumptions that matter most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def titles() -> Iterator[Mapping[str, str]]:
    """Yield the titles and descriptions of shipped scenarios, their communities, villages and programmes."""
    from cohesion_sim.files import builtin_scenarios, load_scenario

    for name in builtin_scenarios():
        scenario = load_scenario(name)
        yield from (scenario.title, scenario.description)
        for named in (scenario.communities, scenario.villages, scenario.programmes):
            yield from (one.title for one in named.values())


def assumptions() -> Iterator[str]:
    """Yield the meanings and units of the assumptions that the page lists."""
    from cohesion_sim.files import builtin_scenarios, load_scenario
    from cohesion_sim.workshop import heading

    for name in builtin_scenarios():
        for one in heading.assumptions(load_scenario(name))["top"]:
            yield from (str(one["meaning"]), str(one["unit"]))
