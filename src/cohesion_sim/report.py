"""The folder that a run leaves behind: a readable report, tables, pictures, and how they were made."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import re
import shutil
import time
from collections.abc import Mapping
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cohesion_sim import answer as words
from cohesion_sim import figures as draw
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import MARKS, InputError, Provenance
from cohesion_sim.studies import effects as paired

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame, Series

    from cohesion_sim.studies.results import Result

Picture: TypeAlias = "tuple[Figure, str]"
"""A figure and the words that say what it shows."""

MADE_BY = "cohesion-sim"
FANS = ("violent", "cohesion", "trust", "attitude", "security", "marriages")
FOREST = ("violent", "cohesion", "trust", "security")
PACKAGES = ("cohesion-sim", "mesa", "networkx", "numpy", "numba", "scipy", "pandas", "matplotlib", "pyarrow")
UNSURE_FIRST = ("user", "A", "M-l", "M-m", "M-h", "D", "F")


def check_folder(folder: str | Path, *, force: bool = False) -> Path:
    """Return the folder as a path if a result may be written there, else raise `InputError`.

    An existing result is replaced only with ``force``, and a folder that holds anything else never.
    """
    path = Path(folder).expanduser().absolute()
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise InputError(f"{path}: is not a folder; choose another with --out")
    if path.is_dir() and any(path.iterdir()):
        if not _is_ours(path):
            raise InputError(
                f"{path}: holds something else than a result (no manifest.json of {MADE_BY}); "
                "choose another --out"
            )
        if not force:
            raise InputError(
                f"{path}: a result is already there; choose another --out, or replace it with --force"
            )
    return path


def write(
    result: Result, folder: str | Path, *, force: bool = False, effects: DataFrame | None = None
) -> Path:
    """Write the whole result into ``folder`` and return its path; it appears complete or not at all.

    ``effects`` saves computing ``result.effects()`` again.

    Raises
    ------
    InputError
        If the folder must not be replaced (`check_folder`).
    """
    path = check_folder(folder, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{path.name}.{os.getpid()}.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        _fill(result, result.effects() if effects is None else effects, part)
        check_folder(path, force=force)
        _put(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return path


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
    table = paired.ranking(result.weekly, result.money)
    height = 1.4 + 0.3 * len(programmes)
    figure, panels = draw.sheet(9.5, height, 1, 2, left=0.15, bottom=0.75 / height, top=0.85, wspace=0.5)
    for axes, outcome in zip(panels, paired.OUTCOMES, strict=True):
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
    of_programme = effects[effects["programme"] == programme]
    rows = int(of_programme["measure"].value_counts().max())
    height = 1.2 + 0.21 * rows
    figure, panels = draw.sheet(
        9.5, height, 1, len(FOREST), left=0.17, top=1 - 0.35 / height, bottom=0.7 / height, wspace=0.12
    )
    for place, (axes, measure) in enumerate(zip(panels, FOREST, strict=True)):
        draw.forest(
            effects, axes, measure=measure, programme=programme, titles=_titles(result), names=place == 0
        )
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
    figure, panels = draw.sheet(9.5, height, left=0.3, top=0.98, bottom=0.5 / height)
    draw.money(lines, panels[0], programmes=programmes)
    return figure, "Money by line of the budget, mean of the runs."


def _targets(result: Result) -> Picture:
    """Return the population against its targets; what is asked village by village is in the table only."""
    shown = result.people[~result.people["property"].astype(str).str.contains(" in |^speak ")]
    height = 0.8 + 0.17 * max(len(shown), 1)
    figure, panels = draw.sheet(9.5, height, left=0.25, top=0.99, bottom=0.55 / height)
    draw.targets(shown, panels[0], titles=_titles(result))
    return figure, "Population: what the scenario asks (ring) and what was built (dot)."


def _titles(result: Result) -> draw.Titles:
    """Return what turns by and group into the words of the scenario."""
    return lambda by, group: words.group_title(result, by, group)


def _fill(result: Result, effects: DataFrame, folder: Path) -> None:
    """Write every file of the result into an empty folder."""
    start = time.perf_counter()
    result.weekly.to_parquet(folder / "weekly.parquet", engine="pyarrow", index=False)
    tables = {
        "summary": result.summary(),
        "effects": effects,
        "people": result.people,
        "disputes": result.disputes,
        "money": result.money,
        "participants": result.participants,
        "cost": paired.cost_effectiveness(result.weekly, result.money),
    }
    if len(result.programmes) > 1:
        tables["ranking"] = paired.ranking(result.weekly, result.money)
        tables["pairs"] = paired.pairs(result.weekly, result.money)
    if len(result.failures):
        tables["failures"] = result.failures
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    drawn = pictures(result, effects)
    texts = draw.save({name: figure for name, (figure, _) in drawn.items()}, folder / "figures")
    shown = {name: (draw.inline(texts[name], name, label), label) for name, (_, label) in drawn.items()}
    (folder / "report.html").write_text(page(result, effects, shown), encoding="utf-8")
    seconds = {**result.seconds, "report": round(time.perf_counter() - start, 3)}
    (folder / "manifest.json").write_text(
        json.dumps(manifest(result, seconds), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def manifest(result: Result, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return how the result was made: versions, machine, scenario, programmes, seeds, seconds, failures."""
    scenario = result.scenario
    changed = {path: number.value for path, number in scenario.provenance.items() if number.mark == "user"}
    return {
        "made_by": MADE_BY,
        "versions": _versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "scenario": scenario.name,
        "set_by_the_user": changed,
        "programmes": ["nothing", *result.programmes],
        "weeks": result.weeks,
        "replications": result.replications,
        "seed": result.seed,
        "seconds": {stage: round(float(taken), 3) for stage, taken in seconds.items()},
        "failures": len(result.failures),
        "scenario_sha256": hashlib.sha256(scenario.text.encode()).hexdigest(),
        "scenario_text": scenario.text,
    }


def page(result: Result, effects: DataFrame, shown: Mapping[str, tuple[str, str]]) -> str:
    """Return report.html; ``shown`` holds the inline SVG and the caption of every figure."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = (resources.files("cohesion_sim") / "templates" / "report.html.jinja").read_text(encoding="utf-8")
    scenario = result.scenario
    uncertain, found = assumptions(scenario.provenance)
    sentences = words.answer(result, effects)
    titles = scenario.title
    return environment.from_string(text).render(
        title=words.title_of(titles, scenario.name),
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
        marks=MARKS,
        sources=_sources(result),
        survey=scenario.measurement.survey,
        versions=_versions(),
        python=platform.python_version(),
    )


def assumptions(
    provenance: Mapping[str, Provenance],
) -> tuple[list[tuple[str, Provenance]], list[tuple[str, Provenance]]]:
    """Return paths and numbers: those not found in a source, the least sure first, and those found."""

    def place(item: tuple[str, Provenance]) -> int:
        mark = item[1].mark
        return UNSURE_FIRST.index(mark) if mark in UNSURE_FIRST else len(UNSURE_FIRST)

    numbers = sorted(provenance.items(), key=place)
    uncertain = [item for item in numbers if item[1].mark not in {"F", "D"}]
    return uncertain, [item for item in numbers if item[1].mark in {"F", "D"}]


def _headline(effects: DataFrame, programme: str) -> list[dict[str, str]]:
    """Return the rows of the table for all residents, as text."""
    rows = effects[(effects["programme"] == programme) & (effects["by"] == "all")]
    return [
        {
            "title": MEASURES[str(row["measure"])].title,
            "unit": str(row["unit"]),
            "nothing": _number(row["nothing"]),
            "with": _number(row["with"]),
            "effect": _number(row["effect"], sign=True),
            "interval": _span(row["low"], row["high"]),
            "runs": _span(row["q05"], row["q95"]),
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
                "cells": [
                    ("-", "", "") if row is None
                    else (_number(row["effect"], sign=True), _span(row["low"], row["high"]), _tone(row))
                    for row in shown
                ],
            }
        )  # fmt: skip
    return table


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
    named = {
        key
        for number in result.scenario.provenance.values()
        for key in re.split(r"[,;\s]+", number.source or "")
    }
    return [(key, text) for key, text in result.scenario.sources.items() if key in named]


def _tone(row: Series) -> str:
    """Return good, bad or nothing: whether an effect is clearly for the better or the worse."""
    better = MEASURES[str(row["measure"])].better
    if better == 0 or not (row["low"] > 0 or row["high"] < 0):
        return ""
    return "good" if row["effect"] * better > 0 else "bad"


def _number(value: float, *, sign: bool = False) -> str:
    """Return a number with three significant digits, thousands separated, no exponent."""
    if not math.isfinite(value):
        return ""
    digits = (
        0
        if abs(value) >= 100
        else 4
        if value == 0
        else min(max(2 - math.floor(math.log10(abs(value))), 0), 5)
    )
    if value == 0:
        return "0"
    return f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"


def _span(low: float, high: float) -> str:
    """Return two ends of an interval, or nothing when there is none."""
    return "" if math.isnan(low) else f"{_number(low, sign=True)} to {_number(high, sign=True)}"


def _versions() -> dict[str, str]:
    """Return the versions of the packages that made the result."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _is_ours(folder: Path) -> bool:
    """Return whether a folder holds a result of this program."""
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("made_by") == MADE_BY


def _put(part: Path, path: Path) -> None:
    """Move the complete result to its place; the one it replaces goes only after that."""
    old = path.parent / f".{path.name}.{os.getpid()}.old"
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    try:
        part.rename(path)
    except BaseException:
        if old.exists() and not path.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)
