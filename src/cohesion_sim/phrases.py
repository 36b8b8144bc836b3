"""Titles, units and numbers as words: what the answer and the page of a report share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cohesion_sim.measures import MEASURES

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.parameters import Provenance
    from cohesion_sim.scenario import Scenario
    from cohesion_sim.studies.results import Result

CAUTION = "Plausible under published effect sizes, not a prediction."
SAID = {
    "violent": "known disputes that ended in violence",
    "blows": "youth quarrels with blows",
    "cohesion": "cohesion",
}
"""Titles that say more than those of the measures."""
COHESION = (
    "cohesion is the mean of trust in the municipality, felt security, attitude, acceptance, contact and "
    "participation, times ten"
)


def label(measure: str) -> str:
    """Return what a measure is called in a sentence."""
    return SAID.get(measure, MEASURES[measure].title)


def title_of(titles: Mapping[str, str], name: str) -> str:
    """Return the English title, or the name when there is none."""
    return str(titles.get("en") or name)


def place_of(result: Result) -> str:
    """Return the place that the scenario is modelled on; its title may say "Modelled on" already."""
    return title_of(result.scenario.title, result.scenario.name).removeprefix("Modelled on ")


def programme_title(scenario: Scenario, programme: str) -> str:
    """Return the English title of a programme."""
    known = scenario.programmes.get(programme)
    return title_of(known.title, programme) if known else programme


def name_of(result: Result, programme: str) -> str:
    """Return the title of a programme with its name, e.g. ``The project (project)``."""
    title = programme_title(result.scenario, programme)
    return programme if title == programme else f"{title} ({programme})"


def group_title(result: Result, by: str, group: str) -> str:
    """Return what a group is called: the English title of a community or village, or its own name."""
    known: Any = {"community": result.scenario.communities, "village": result.scenario.villages}.get(by, {})
    if group in known:
        return title_of(known[group].title, group)
    return {"age": f"age {group}", "all": "everybody"}.get(by, group)


def changed(scenario: Scenario) -> list[tuple[str, Provenance, bool]]:
    """Return path, number, and whether it lies outside the evidence, of every number the user has set."""
    return [
        (path, number, number.range is not None and not number.range[0] <= number.value <= number.range[1])
        for path, number in scenario.provenance.items()
        if number.mark == "user"
    ]


def money(usd: float) -> str:
    """Return USD with two or three significant digits and thousands separated."""
    if not math.isfinite(usd) or usd == 0:
        return f"{usd:.0f}"
    step = 10 ** max(math.floor(math.log10(abs(usd))) - 2, 0)
    return f"{round(usd / step) * step:,.0f}"


def yearly(result: Result) -> float:
    """Return the factor from events per 1,000 residents a year to events a year in the whole municipality."""
    weekly = result.weekly
    return float(weekly.loc[weekly["by"] == "all", "residents"].mean()) / 1000


def is_rate(measure: str) -> bool:
    """Return whether a measure counts events, told as events a year."""
    return MEASURES[measure].flow and MEASURES[measure].unit == "count"


def in_units(result: Result, row: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a row for all residents in natural units: events a year in the municipality."""
    scale = yearly(result) if is_rate(str(row["measure"])) else 1.0
    return {name: float(row[name]) * scale for name in ("nothing", "with", "effect", "low", "high")}


def is_clear(row: Mapping[str, Any]) -> bool:
    """Return whether the interval of an effect leaves out zero."""
    return bool(row["low"] > 0 or row["high"] < 0)


def decimals(size: float) -> int:
    """Return how many decimals show a number of this size with three digits."""
    return min(max(2 - math.floor(math.log10(size)), 0), 5) if size > 0 and math.isfinite(size) else 2


def digits_of(effect: float, low: float, high: float) -> int:
    """Return how many decimals an effect deserves; one clear of zero is also shown as clear of zero."""
    half = (high - low) / 2
    return _apart(low, high, decimals(half if half > 0 else abs(effect)) - 1)


def plain_digits(effect: float, low: float, high: float) -> int:
    """Return how many decimals show two digits of an effect, and one clear of zero as clear of zero."""
    half = (high - low) / 2
    size = max(abs(effect), half if half > 0 else 0.0)
    return _apart(low, high, decimals(size) - 1)


def _apart(low: float, high: float, digits: int) -> int:
    """Return so many decimals that an interval clear of zero is also shown as clear of zero."""
    digits = max(digits, 0)
    while low * high > 0 and round(min(abs(low), abs(high)), digits) == 0 and digits < 6:
        digits += 1
    return digits


def number(value: float, digits: int | None = None, *, sign: bool = False) -> str:
    """Return a number with these decimals, or three digits, thousands separated, without exponent or -0."""
    if not math.isfinite(value):
        return ""
    digits = decimals(abs(value)) if digits is None else digits
    rounded = round(value, digits)
    if rounded == 0:
        return "0"
    return f"{rounded:+,.{digits}f}" if sign else f"{rounded:,.{digits}f}"


def level(value: float, digits: int) -> str:
    """Return a level with the decimals of its change, but at least three digits in all."""
    return number(value, max(digits, decimals(abs(value))))


def span(low: float, high: float, digits: int) -> str:
    """Return two ends of an interval, or nothing when there is none."""
    if math.isnan(low):
        return ""
    return f"{number(low, digits, sign=True)} to {number(high, digits, sign=True)}"


def joined(names: list[str]) -> str:
    """Return "a", "a and b", or "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def rows_of(table: DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
