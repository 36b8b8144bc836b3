"""The tables of a report as text: effects, what was tried, the ranking, people, the numbers used."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cohesion_sim import phrases as say
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import Provenance
from cohesion_sim.studies import effects as paired
from cohesion_sim.studies.ranking import outcomes_of, ranking
from cohesion_sim.studies.surveyed import summary

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.scenario import Scenario
    from cohesion_sim.studies.results import Result

Numbers: TypeAlias = "list[tuple[str, Provenance]]"
UNSURE_FIRST = ("user", "A", "M-l", "M-m", "M-h", "D", "F")


def tried(result: Result, programme: str) -> dict[str, Any]:
    """Return what a programme is: title, description, and each activity with its weeks and USD."""
    known = result.scenario.programmes.get(programme)
    money = result.money[result.money["programme"] == programme]
    runs = max(money["replication"].nunique(), 1)
    sums = money.groupby("label", observed=True)[["usd", "own"]].sum() / runs
    activities = []
    for name, activity in (known.interventions if known else {}).items():
        usd, own = (float(sums[column].get(name, 0.0)) for column in ("usd", "own"))
        words = (inspect.getdoc(type(activity)) or "").split("\n\n")[0]
        activities.append(
            {
                "name": str(name).replace("_", " "),
                "what": " ".join(words.split()),
                "weeks": _weeks(activity, result.weeks),
                "usd": say.money(usd),
                "own": say.money(own),
            }
        )
    return {
        "title": say.name_of(result, programme),
        "description": say.title_of(known.description, "") if known else "",
        "activities": activities,
    }


def _weeks(activity: object, weeks: int) -> str:
    """Return when an activity is held, as far as it says so."""
    start, until, every = (getattr(activity, name, None) for name in ("start", "until", "every"))
    if not isinstance(start, int):
        return ""
    if start >= weeks:
        return f"from {start}: not in this run"
    text = f"{start} to {min(until, weeks) - 1}" if isinstance(until, int) else f"from {start}"
    return f"{text}, every {every}" if isinstance(every, int) and every > 1 else text


def ranked(result: Result, effects: DataFrame, measures: Sequence[str]) -> list[tuple[str, list[dict[str, str]]]]:
    """Return label and rows of each ranking: gain, money, who pays, and how much became clearly worse."""
    money = result.money.groupby("programme", observed=True)["own"].sum() / max(result.replications, 1)
    out = []
    for outcome, rows in ranking(result.weekly, result.money, outcomes_of(result.scenario)).groupby(
        "outcome", sort=False
    ):
        table = []
        for row in say.rows_of(rows):
            programme = str(row["programme"])
            looked, harmed = paired.by_group(effects[effects["programme"] == programme], measures)
            digits = say.digits_of(row["gain"], row["low"], row["high"])
            per = say.digits_of(row["worth"], row["worth_low"], row["worth_high"])
            table.append(
                {
                    "tier": str(row["tier"]) if row["tier"] else "",
                    "title": say.programme_title(result.scenario, programme),
                    "gain": say.number(row["gain"], digits, sign=True),
                    "gain_interval": say.span(row["low"], row["high"], digits),
                    "worth": say.number(row["worth"], per, sign=True) if row["tier"] else "",
                    "worth_interval": say.span(row["worth_low"], row["worth_high"], per),
                    "usd": say.money(row["usd"]),
                    "own": say.money(float(money.get(programme, 0.0))),
                    "worse": f"{len(harmed)} of {len(looked)}",
                }
            )
        unit = f"fewer in {result.weeks} weeks" if MEASURES[str(outcome)].flow else MEASURES[str(outcome)].unit
        out.append((f"{say.label(str(outcome))} ({unit})", table))
    return out


def headline(result: Result, effects: DataFrame, programme: str) -> list[dict[str, str]]:
    """Return the rows of the table for all residents, as text; counts are a year in the municipality."""
    rows = say.rows_of(effects[(effects["programme"] == programme) & (effects["by"] == "all")])
    first = {name: place for place, name in enumerate(result.scenario.headline)}
    rows.sort(key=lambda row: first.get(str(row["measure"]), len(first)))
    return [_whole(result, row) for row in rows]


def _whole(result: Result, row: dict[str, Any]) -> dict[str, str]:
    """Return one row of the table for all residents."""
    measure, values = str(row["measure"]), say.in_units(result, row)
    digits = say.digits_of(values["effect"], values["low"], values["high"])
    effect = say.number(values["effect"], digits, sign=True)
    counts = [row[name] for name in ("runs_better", "runs_same", "runs_worse")]
    return {
        "title": say.capital(say.label(measure)),
        "meaning": re.sub(" this week(?!')", "", MEASURES[measure].meaning),
        "unit": "a year, in the municipality" if say.is_rate(measure) else MEASURES[measure].unit,
        "nothing": say.level(values["nothing"], digits),
        "with": say.level(values["with"], digits),
        "effect": effect,
        "interval": say.span(values["low"], values["high"], digits),
        "runs": "" if any(math.isnan(n) for n in counts) else " / ".join(str(int(n)) for n in counts),
        "power": "" if math.isnan(row["survey_power"]) else f"{100 * row['survey_power']:.0f} %",
        **_verdict(row, effect),
    }


def surveyed(result: Result, effects: DataFrame, programme: str) -> list[dict[str, str]]:
    """Return the rows of the table of surveys, as text."""
    table = summary(result.survey[result.survey["programme"] == programme], effects)
    return [
        {
            "title": say.capital(say.label(str(row["measure"]))),
            **{name: say.number(row[name], 3, sign=True) for name in ("effect", "middle")},
            "range": say.span(row["low"], row["high"], 3),
            "significant": f"{100 * row['significant'] / row['surveys']:.0f}",
            "wrong": f"{row['wrong']} of {row['significant']}",
        }
        for row in say.rows_of(table)
    ]


def _verdict(row: dict[str, Any], shown: str) -> dict[str, str]:
    """Return tone and verdict of an effect; what is shown as 0 is never marked as clear."""
    better = MEASURES[str(row["measure"])].better
    if math.isnan(row["low"]):
        return {"tone": "", "verdict": ""}
    if row["low"] == row["high"] == 0:
        return {"tone": "", "verdict": "the same"}
    if not say.is_clear(row) or shown == "0":
        return {"tone": "", "verdict": "not clear"}
    if better == 0:
        return {"tone": "", "verdict": "clear"}
    good = row["effect"] * better > 0
    return {"tone": "good" if good else "bad", "verdict": "better" if good else "worse"}


def by_group(result: Result, effects: DataFrame, programme: str, measures: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of the table by group: title and one cell a measure (counts per 1,000 a year)."""
    rows = effects[(effects["programme"] == programme) & effects["measure"].isin(measures)]
    table = []
    for (by, group), cells in rows.groupby(["by", "group"], sort=False):
        by_measure = {str(row["measure"]): row for row in say.rows_of(cells)}
        shown = [by_measure.get(measure) for measure in measures]
        table.append(
            {
                "title": say.group_title(result, str(by), str(group)),
                "cells": [("-", "", "") if row is None else _cell(row) for row in shown],
            }
        )
    return table


def _cell(row: dict[str, Any]) -> tuple[str, str, str]:
    """Return effect, interval and tone of one group and measure."""
    digits = say.digits_of(row["effect"], row["low"], row["high"])
    effect = say.number(row["effect"], digits, sign=True)
    return effect, say.span(row["low"], row["high"], digits), _verdict(row, effect)["tone"]


def merged(numbers: Numbers) -> list[dict[str, Any]]:
    """Return the rows of a table of numbers; those of one list with the same words become one row."""
    rows: list[dict[str, Any]] = []
    for path, number in numbers:
        above = path.rpartition(".")[0]
        words = (above, number.meaning, number.unit, number.mark, number.source, number.note, number.file)
        if rows and rows[-1]["words"] == words:
            rows[-1]["paths"].append(path)
            rows[-1]["numbers"].append(number)
        else:
            rows.append({"words": words, "paths": [path], "numbers": [number]})
    for row in rows:
        first, paths = row["numbers"][0], row["paths"]
        row["first"] = first
        last = paths[-1].rpartition(".")[2]
        row["path"] = paths[0] if len(paths) == 1 else f"{paths[0]} to {last} ({len(paths)} numbers)"
        row["value"] = ", ".join(f"{number.value:.6g}" for number in row["numbers"])
        same = len({number.range for number in row["numbers"]}) == 1
        row["range"] = f"{first.range[0]:.6g} – {first.range[1]:.6g}" if same and first.range else ""
    return rows


def numbers_used(scenario: Scenario, programmes: Collection[str]) -> tuple[Numbers, Numbers, Numbers]:
    """Return paths and numbers of this study: not found (least sure first), found, and decided."""
    used = [
        (path, number)
        for path, number in scenario.provenance.items()
        if not path.startswith("programmes.") or path.split(".")[1] in programmes
    ]

    def sureness(item: tuple[str, Provenance]) -> int:
        mark = item[1].mark
        return UNSURE_FIRST.index(mark) if mark in UNSURE_FIRST else len(UNSURE_FIRST)

    unsure = sorted((item for item in used if item[1].mark not in {"F", "D", None}), key=sureness)
    found = [item for item in used if item[1].mark in {"F", "D"}]
    return unsure, found, [item for item in used if item[1].mark is None]


def people(result: Result) -> list[dict[str, str]]:
    """Return the rows of the table of targets, as text."""
    villages = result.scenario.villages
    rows = []
    for _, row in result.people.iterrows():
        name, group = str(row["property"]), str(row["group"])
        by = "community" if name.startswith(("community", "speak")) else name
        place = name.removeprefix("community in ")
        if place in villages:
            name = f"community in {say.title_of(villages[place].title, place)}"
        rows.append(
            {
                "property": name.replace("_", " "),
                "group": "" if group == "all" else say.group_title(result, by, group).replace("_", " "),
                "target": say.number(row["target"]),
                "achieved": say.number(row["achieved"]),
                "unit": str(row["unit"]),
            }
        )
    return rows


def sources(scenario: Scenario, programmes: Collection[str]) -> list[tuple[str, str]]:
    """Return the sources that the numbers name, by key."""
    used = (number for numbers in numbers_used(scenario, programmes) for _, number in numbers)
    named = {key for number in used for key in re.split(r"[,;\s]+", number.source or "")}
    return [(key, text) for key, text in scenario.sources.items() if key in named]
