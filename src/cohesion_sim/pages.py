"""The page of a report: pictures, tables as text, and the template that holds them."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from cohesion_sim import figures as draw
from cohesion_sim import phrases as say
from cohesion_sim import sentences, tables
from cohesion_sim.answer import answer, opening
from cohesion_sim.parameters import MARKS
from cohesion_sim.studies.ranking import outcomes_of, ranking
from cohesion_sim.typeset import typeset

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from cohesion_sim.studies.results import Result

Picture: TypeAlias = "tuple[Figure, str]"
"""A figure and the words that say what it shows."""
FANS = ("violent", "cohesion", "trust", "attitude", "security", "marriages")
FOREST = ("violent", "cohesion", "trust", "security")


def pictures(result: Result, effects: DataFrame) -> dict[str, Picture]:
    """Return the figures of the report by file name, each with the words that say what it shows."""
    # Only programmes of which at least one pair of runs was completed can be drawn.
    completed = set(effects["programme"])
    drawn = tuple(name for name in result.programmes if name in completed)
    several = len(result.programmes) > 1
    out: dict[str, Picture] = {}
    if len(drawn) > 1:
        out["ranking"] = _ranking(result, drawn)
    for programme in drawn:
        ending = f"-{programme}" if several else ""
        out[f"fans{ending}"] = _fans(result, programme)
        out[f"effects{ending}"] = _forest(result, effects, programme)
    if drawn:
        out["disputes"] = _disputes(result, drawn)
    if result.money["programme"].isin(drawn).any():
        out["money"] = _money(result, drawn)
    out["targets"] = _targets(result)
    return out


def compared(result: Result, effects: DataFrame) -> list[str]:
    """Return the measures that are shown group by group: the headline first, and only what most groups have."""
    groups = effects.groupby("measure", observed=True)[["by", "group"]].apply(lambda rows: len(rows.drop_duplicates()))
    most = int(groups.max()) if len(groups) else 0
    wanted = dict.fromkeys((*result.scenario.headline, *FOREST))
    # Children are not asked: states lack the one group that counts have.
    return [name for name in wanted if name in groups.index and groups[name] >= most - 1][:4]


def _ranking(result: Result, programmes: tuple[str, ...]) -> Picture:
    """Return the ranking by the money, one panel an outcome."""
    outcomes = outcomes_of(result.scenario)
    table = ranking(result.weekly, result.money, outcomes)
    height = 1.4 + 0.3 * len(programmes)
    figure, panels = draw.sheet(9.5, height, 1, len(outcomes), bottom=0.75 / height, top=0.85, wspace=0.12)
    for place, (axes, outcome) in enumerate(zip(panels, outcomes, strict=True)):
        draw.ranking(
            table,
            axes,
            outcome=outcome,
            titles=lambda name: say.programme_title(result.scenario, name),
            order=list(programmes),
            names=place == 0,
        )
    draw.make_room(figure, panels[0])
    return figure, (
        "Gain per USD 1,000, with 95 % intervals of the paired runs, better to the right. The number at a dot is the "
        "place: programmes with the same number cannot be told apart."
    )


def _fans(result: Result, programme: str) -> Picture:
    """Return the course of the headline measures, with and without."""
    figure, panels = draw.sheet(9.5, 5.2, 2, 3, left=0.07, top=0.91, bottom=0.09, hspace=0.45, wspace=0.32)
    wanted = tuple(dict.fromkeys((*result.scenario.headline, *FANS)))[: len(FANS)]
    for axes, measure in zip(panels, wanted, strict=True):
        draw.fan(result.weekly, axes, measure=measure, programme=programme)
    lines = panels[0].get_legend_handles_labels()
    figure.legend(*lines, loc="upper right", ncols=2, fontsize=9, frameon=False)
    return figure, (
        f"With {say.programme_title(result.scenario, programme)} (solid, blue) and without (dashed, brown): the "
        "middle run and the band of 90 % of runs, by week. Counts are events a year in the municipality, over the 13 "
        "weeks before. The vertical axes are enlarged: the whole scale is 0-1 (cohesion: 0-10), so small changes "
        "look large."
    )


def _forest(result: Result, effects: DataFrame, programme: str) -> Picture:
    """Return the paired effects by sex, age, community and village."""
    measures = compared(result, effects)
    effects = effects[(effects["programme"] == programme) & effects["measure"].isin(measures)]
    whole = effects.groupby(["by", "group"], observed=True)["measure"].transform("nunique") == len(measures)
    effects = effects[whole]  # the panels share their rows
    rows = len(effects) // len(measures)
    height = 1.2 + 0.21 * rows
    figure, panels = draw.sheet(9.5, height, 1, len(measures), top=1 - 0.35 / height, bottom=0.7 / height, wspace=0.12)
    for place, (axes, measure) in enumerate(zip(panels, measures, strict=True)):
        draw.forest(effects, axes, measure=measure, programme=programme, titles=_titles(result), names=place == 0)
    draw.make_room(figure, panels[0])
    return figure, (
        f"What {say.programme_title(result.scenario, programme)} changed, group by group: mean of the paired runs "
        "and its 95 % interval. Filled: clear of zero; hollow: not clear; red square: clearly for the worse. Counts "
        "are per 1,000 residents of the group a year. Each axis is enlarged: the whole scale is 0-1 (cohesion: 0-10)."
    )


def _disputes(result: Result, programmes: tuple[str, ...]) -> Picture:
    """Return the disputes by kind and ending."""
    figure, panels = draw.sheet(9.5, 3.6, left=0.08, top=0.97)
    draw.disputes(result.disputes, panels[0], programmes=programmes, weeks=result.weeks)
    return (
        figure,
        f"Known disputes a year in the municipality by kind and ending, without and with {' and '.join(programmes)}.",
    )


def _money(result: Result, programmes: tuple[str, ...]) -> Picture:
    """Return the money by line."""
    lines = result.money[result.money["programme"].isin(programmes)]
    height = 0.9 + 0.26 * len(lines[["programme", "label", "line"]].drop_duplicates())
    figure, panels = draw.sheet(9.5, height, top=0.98, bottom=0.5 / height)
    draw.money(lines, panels[0], programmes=programmes)
    draw.make_room(figure, panels[0])
    return figure, "Money by line of the budget, mean of the runs."


def _targets(result: Result) -> Picture:
    """Return the population against its targets; what is asked village by village is in the table only."""
    shown = result.people[~result.people["property"].astype(str).str.contains(" in |^speak ")]
    height = 0.8 + 0.17 * max(len(shown), 1)
    figure, panels = draw.sheet(9.5, height, top=0.99, bottom=0.55 / height)
    draw.targets(shown, panels[0], titles=_titles(result))
    draw.make_room(figure, panels[0])
    return figure, "Population: what the scenario asks (ring) and what was built (dot)."


def _titles(result: Result) -> draw.Titles:
    """Return what turns by and group into the words of the scenario."""
    return lambda by, group: say.group_title(result, by, group)


def page(result: Result, effects: DataFrame, shown: Mapping[str, tuple[str, str]], versions: Mapping[str, str]) -> str:
    """Return report.html; ``shown`` holds the inline SVG and the caption of every figure."""
    scenario = result.scenario
    uncertain, found, decided = tables.numbers_used(scenario, result.programmes)
    told = answer(result, effects)
    titles = scenario.title
    measures = compared(result, effects)
    facts = [number.mark for _, number in (*uncertain, *found)]
    return typeset(
        "report.html.jinja",
        title=say.place_of(result),
        other_titles=[
            (language, name) for language, name in titles.items() if language != "en" and name != titles.get("en")
        ],
        description=say.title_of(scenario.description, ""),
        opening=opening(result),
        short=told[0],
        sentences=told[2:],
        assumed={"of": len(facts), "A": facts.count("A"), "F": facts.count("F")},
        result=result,
        tried=[tables.tried(result, name) for name in result.programmes],
        ranked=tables.ranked(result, effects, sentences.looked_at(result)) if len(result.programmes) > 1 else [],
        figures={name: {"svg": svg, "caption": caption} for name, (svg, caption) in shown.items()},
        headline=[(say.name_of(result, name), tables.headline(result, effects, name)) for name in result.programmes],
        groups=[tables.by_group(result, effects, name, measures) for name in result.programmes],
        surveys=[tables.surveyed(result, effects, name) for name in result.programmes],
        forest=[say.label(name) for name in measures],
        cohesion=say.capital(say.COHESION),
        people=tables.people(result),
        uncertain=tables.merged(uncertain),
        found=tables.merged(found),
        decided=tables.merged(decided),
        marks=MARKS,
        sources=tables.sources(scenario, result.programmes),
        survey=scenario.measurement.survey,
        versions=versions,
        python=platform.python_version(),
    )
