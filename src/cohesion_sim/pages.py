"""The page of a report: pictures, tables as text, and the template that holds them."""

from __future__ import annotations

import math
import platform
import re
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

from cohesion_sim import answer as words
from cohesion_sim import figures as draw
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import MARKS, Provenance
from cohesion_sim.studies.ranking import OUTCOMES, ranking

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame, Series

    from cohesion_sim.studies.results import Result

Picture: TypeAlias = "tuple[Figure, str]"
"""A figure and the words that say what it shows."""
Numbers: TypeAlias = "list[tuple[str, Provenance]]"
FANS = ("violent", "cohesion", "trust", "attitude", "security", "marriages")
FOREST = ("violent", "cohesion", "trust", "security")
UNSURE_FIRST = ("user", "A", "M-l", "M-m", "M-h", "D", "F")


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


def _ranking(result: Result, programmes: tuple[str, ...]) -> Picture:
    """Return the ranking by the money, one panel an outcome."""
    table = ranking(result.weekly, result.money)
    height = 1.4 + 0.3 * len(programmes)
    figure, panels = draw.sheet(9.5, height, 1, 2, left=0.15, bottom=0.75 / height, top=0.85, wspace=0.5)
    for axes, outcome in zip(panels, OUTCOMES, strict=True):
        draw.ranking(table, axes, outcome=outcome)
    return figure, "Programmes by gain per USD 1,000, with 95 % intervals of the paired runs."


def _fans(result: Result, programme: str) -> Picture:
    """Return the course of the headline measures, with and without."""
    figure, panels = draw.sheet(9.5, 5.2, 2, 3, left=0.07, top=0.91, bottom=0.09, hspace=0.45, wspace=0.32)
    for axes, measure in zip(panels, FANS, strict=True):
        draw.fan(result.weekly, axes, measure=measure, programme=programme)
    lines = panels[0].get_legend_handles_labels()
    figure.legend(*lines, loc="upper right", ncols=2, fontsize=9, frameon=False)
    return figure, (
        f"With {programme} (solid, blue) and without (dashed, brown): the middle run and the band of 90 % of "
        "runs, by week. Counts are per 1,000 residents a year over the 13 weeks before."
    )


def _forest(result: Result, effects: DataFrame, programme: str) -> Picture:
    """Return the paired effects by sex, age, community and village."""
    shown = effects[(effects["programme"] == programme) & effects["measure"].isin(FOREST)]
    # Panels share the names on the left, so only groups that every measure has.
    effects = shown[shown.groupby(["by", "group"], observed=True)["measure"].transform("count") == len(FOREST)]
    rows = len(effects) // len(FOREST)
    height = 1.2 + 0.21 * rows
    figure, panels = draw.sheet(
        9.5, height, 1, len(FOREST), top=1 - 0.35 / height, bottom=0.7 / height, wspace=0.12
    )
    for place, (axes, measure) in enumerate(zip(panels, FOREST, strict=True)):
        draw.forest(
            effects, axes, measure=measure, programme=programme, titles=_titles(result), names=place == 0
        )
    draw.make_room(figure, panels[0])
    return figure, (
        f"What {programme} changed, group by group: mean of the paired runs and its 95 % interval. Filled: "
        "clear of zero; hollow: not clear; red square: clearly for the worse."
    )


def _disputes(result: Result, programmes: tuple[str, ...]) -> Picture:
    """Return the disputes by kind and ending."""
    figure, panels = draw.sheet(9.5, 3.6, left=0.08, top=0.97)
    draw.disputes(result.disputes, panels[0], programmes=programmes, weeks=result.weeks)
    return figure, f"Known disputes a year by kind and ending, without and with {' and '.join(programmes)}."


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
    return lambda by, group: words.group_title(result, by, group)


def page(
    result: Result, effects: DataFrame, shown: Mapping[str, tuple[str, str]], versions: Mapping[str, str]
) -> str:
    """Return report.html; ``shown`` holds the inline SVG and the caption of every figure."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = (resources.files("cohesion_sim") / "templates" / "report.html.jinja").read_text(encoding="utf-8")
    scenario = result.scenario
    uncertain, found, decided = numbers_used(result)
    sentences = words.answer(result, effects)
    titles = scenario.title
    return environment.from_string(text).render(
        title=words.place_of(result),
        other_titles=[
            (language, name)
            for language, name in titles.items()
            if language != "en" and name != titles.get("en")
        ],
        description=words.title_of(scenario.description, ""),
        caution=words.CAUTION,
        opening=sentences[0],
        sentences=sentences[1:],
        result=result,
        figures={name: {"svg": svg, "caption": caption} for name, (svg, caption) in shown.items()},
        headline=[(words.name_of(result, name), _headline(effects, name)) for name in result.programmes],
        groups=[
            (words.name_of(result, name), _by_group(result, effects, name)) for name in result.programmes
        ],
        forest=[MEASURES[name].title for name in FOREST],
        people=_people(result),
        uncertain=uncertain,
        found=found,
        decided=decided,
        marks=MARKS,
        sources=_sources(result),
        survey=scenario.measurement.survey,
        versions=versions,
        python=platform.python_version(),
    )


def numbers_used(result: Result) -> tuple[Numbers, Numbers, Numbers]:
    """Return paths and numbers of this study: not found (least sure first), found, and decided."""
    used = [
        (path, number)
        for path, number in result.scenario.provenance.items()
        if not path.startswith("programmes.") or path.split(".")[1] in result.programmes
    ]

    def sureness(item: tuple[str, Provenance]) -> int:
        mark = item[1].mark
        return UNSURE_FIRST.index(mark) if mark in UNSURE_FIRST else len(UNSURE_FIRST)

    unsure = sorted((item for item in used if item[1].mark not in {"F", "D", None}), key=sureness)
    found = [item for item in used if item[1].mark in {"F", "D"}]
    return unsure, found, [item for item in used if item[1].mark is None]


def _headline(effects: DataFrame, programme: str) -> list[dict[str, str]]:
    """Return the rows of the table for all residents, as text."""
    rows = effects[(effects["programme"] == programme) & (effects["by"] == "all")]
    return [
        {
            "title": MEASURES[str(row["measure"])].title,
            "unit": str(row["unit"]),
            "nothing": _number(row["nothing"], _row_digits(row)),
            "with": _number(row["with"], _row_digits(row)),
            "effect": _number(row["effect"], _row_digits(row), sign=True),
            "interval": _span(row["low"], row["high"], _row_digits(row)),
            "runs": _span(row["q05"], row["q95"], _row_digits(row)),
            "better": "" if math.isnan(row["better"]) else f"{100 * row['better']:.0f} %",
            "luck": "" if not math.isfinite(row["luck"]) else f"{row['luck']:,.1f}",
            "power": "" if math.isnan(row["survey_power"]) else f"{100 * row['survey_power']:.0f} %",
            "tone": _tone(row),
        }
        for _, row in rows.iterrows()
    ]


def _by_group(result: Result, effects: DataFrame, programme: str) -> list[dict[str, Any]]:
    """Return the rows of the table by group: title and one cell a measure of `FOREST`."""
    rows = effects[(effects["programme"] == programme) & effects["measure"].isin(FOREST)]
    table = []
    for (by, group), cells in rows.groupby(["by", "group"], sort=False):
        by_measure = {str(row["measure"]): row for _, row in cells.iterrows()}
        shown = [by_measure.get(measure) for measure in FOREST]
        table.append(
            {
                "by": str(by),
                "title": words.group_title(result, str(by), str(group)),
                "cells": [("-", "", "") if row is None else _cell(row) for row in shown],
            }
        )  # fmt: skip
    return table


def _cell(row: Series) -> tuple[str, str, str]:
    """Return effect, interval and tone of one group and measure."""
    digits = _row_digits(row)
    return _number(row["effect"], digits, sign=True), _span(row["low"], row["high"], digits), _tone(row)


def _people(result: Result) -> list[dict[str, str]]:
    """Return the rows of the table of targets, as text."""
    villages = result.scenario.villages
    rows = []
    for _, row in result.people.iterrows():
        name, group = str(row["property"]), str(row["group"])
        by = "community" if name.startswith(("community", "speak")) else name
        place = name.removeprefix("community in ")
        if place in villages:
            name = f"community in {words.title_of(villages[place].title, place)}"
        rows.append(
            {
                "property": name.replace("_", " "),
                "group": "" if group == "all" else words.group_title(result, by, group).replace("_", " "),
                "target": _number(row["target"]),
                "achieved": _number(row["achieved"]),
                "unit": str(row["unit"]),
            }
        )
    return rows


def _sources(result: Result) -> list[tuple[str, str]]:
    """Return the sources that the numbers name, by key."""
    used = (number for numbers in numbers_used(result) for _, number in numbers)
    named = {key for number in used for key in re.split(r"[,;\s]+", number.source or "")}
    return [(key, text) for key, text in result.scenario.sources.items() if key in named]


def _tone(row: Series) -> str:
    """Return good, bad or nothing: whether an effect is clearly for the better or the worse."""
    better = MEASURES[str(row["measure"])].better
    if better == 0 or not (row["low"] > 0 or row["high"] < 0):
        return ""
    return "good" if row["effect"] * better > 0 else "bad"


def _digits(size: float) -> int:
    """Return how many decimals show a number of this size with three digits."""
    return min(max(2 - math.floor(math.log10(size)), 0), 5) if size > 0 and math.isfinite(size) else 2


def _row_digits(row: Series) -> int:
    """Return how many decimals an effect deserves: two digits of the half-width of its interval."""
    half = (row["high"] - row["low"]) / 2
    return max(_digits(half if half > 0 else abs(row["effect"])) - 1, 0)


def _number(value: float, digits: int | None = None, *, sign: bool = False) -> str:
    """Return a number with these decimals, or three digits, thousands separated, no exponent."""
    if not math.isfinite(value):
        return ""
    digits = _digits(abs(value)) if digits is None else digits
    rounded = round(value, digits)
    if rounded == 0:
        return "0"
    return f"{rounded:+,.{digits}f}" if sign else f"{rounded:,.{digits}f}"


def _span(low: float, high: float, digits: int) -> str:
    """Return two ends of an interval, or nothing when there is none."""
    if math.isnan(low):
        return ""
    return f"{_number(low, digits, sign=True)} to {_number(high, digits, sign=True)}"
