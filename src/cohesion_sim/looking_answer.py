"""What matters, and where a programme fails to help, in sentences and rows of text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cohesion_sim import phrases as say
from cohesion_sim.measures import MEASURES
from cohesion_sim.studies import looking
from cohesion_sim.studies.boxes import Box, Limit

if TYPE_CHECKING:
    import pandas as pd

    from cohesion_sim.studies.discovery import Found
    from cohesion_sim.studies.looking import Searched, Weighed
    from cohesion_sim.studies.responses import Outcome
    from cohesion_sim.studies.runs import Plan
    from cohesion_sim.studies.sensitivity import Sensitivity

NAMED = 3  # numbers that are told in sentences
LEFT_WANTED = 0.1  # of the variance of means may be luck before more replications are advised
SIZES = {
    "morris": "typical change over its range",
    "sobol": "share of the variance, alone and together with others",
    "rbd_fast": "share of the variance, alone",
    "grid": "share of the variance, alone and together with others",
}
"""What the rows of a method are sorted by."""


def unit_of(outcome: Outcome, plan: Plan) -> str:
    """Return the unit in which an outcome is told."""
    declared = MEASURES[outcome.measure]
    if not declared.flow:
        return declared.unit
    weeks = sorted({plan.weeks(point) for point in (0, len(plan.points) - 1)})
    return f"{declared.unit} in {' to '.join(map(str, weeks))} weeks"


def in_unit(number: str, outcome: Outcome, plan: Plan) -> str:
    """Return a number with its unit; of a measure between two ends, with its scale."""
    unit = unit_of(outcome, plan)
    scale = {"share": "0-1", "index": "0-1"}.get(unit, unit)
    return f"{number} on its scale of {scale}" if "-" in scale else f"{number} {unit}"


# ------------------------------------------------------------------------------------------ what matters


def weighed_sentences(one: Weighed, plan: Plan) -> list[str]:
    """Return the answer for one outcome: the weightiest first, then the rest, then luck."""
    where = f"{one.scenario}: " if len(plan.scenarios) > 1 else ""
    what = looking.in_words(one.outcome)
    rows = one.found.table[one.found.table["clear"]]
    if rows.empty:
        out = [f"{where}For {what}, nothing that varies can be told from luck."]
    else:
        first = rows.iloc[0]
        out = [f"{where}For {what}, {_named(plan, first['number'])} matters most: {_change(one, plan, first)}."]
        for _, row in rows.iloc[1:NAMED].iterrows():
            out.append(f"Then {_named(plan, row['number'])}: {_change(one, plan, row)}.")
    rest = len(one.found.table) - len(rows)
    if len(rows) > NAMED:
        names = [f"{name}" for name in rows["number"].iloc[NAMED:]]
        out.append(f"Less, but clear of luck: {say.joined(names)}.")
    if rest and len(rows):
        names = one.found.table.loc[~one.found.table["clear"], "number"].tolist()
        out.append(f"Not told from luck: {say.joined(names)}.")
    return [*out, *_method(one.found), *luck_sentences(one.found)]


def _named(plan: Plan, path: str) -> str:
    words, _ = looking.meaning(plan, path)
    return f"{path} ({words})" if words else path


def _change(one: Weighed, plan: Plan, row: pd.Series) -> str:
    """Return how an outcome goes with a number, in words."""
    low, high, change = (float(row[name]) for name in ("change_low", "change_high", "change"))
    digits = say.plain_digits(change, low, high)
    text = in_unit(say.number(change, digits, sign=True), one.outcome, plan)
    text += f" (95 %: {say.span(low, high, digits)})"
    span = one.ranges.get(str(row["number"]), "")
    if low * high <= 0:
        return f"over its range ({span}) it moves the outcome up here and down there, on average by {text}"
    if one.found.method == "morris":
        return f"from the low to the high end of its range ({span}) the outcome changes by {text}"
    return f"where it is high (upper fifth of {span}) the outcome differs from where it is low by {text}"


def _method(found: Sensitivity) -> list[str]:
    """Return how much the numbers do together, where the method tells."""
    if found.method == "morris" or not found.spread.clear:
        return []
    column = "first" if "first" in found.table else "size"
    alone = float(found.table[column].clip(lower=0).sum())
    if not math.isfinite(alone):
        return []
    words = "The numbers, each alone, make" if len(found.table) > 1 else "It makes"
    rest = " the rest comes from how they act together" if alone < 0.95 and len(found.table) > 1 else ""
    if found.method == "rbd_fast" and rest:
        rest += ", and from shapes too fine for this method"
    return [f"{words} {min(100 * alone, 100):.0f} % of the differences between points{';' + rest if rest else ''}."]


def luck_sentences(found: Sensitivity) -> list[str]:
    """Return how much of it all is luck."""
    spread = found.spread
    if spread.replications == 1:
        return ["There is one replication only, so luck cannot be told apart: what looks weighty may be luck."]
    out = [
        f"Luck: {100 * spread.luck_share:.0f} % of the variance of single runs is luck; in the means of "
        f"{spread.replications} replications it is {100 * spread.left:.0f} %, and it is taken out of all numbers here."
    ]
    if spread.left > LEFT_WANTED and spread.response > 0:
        odds = spread.left / (1 - spread.left)
        wanted = math.ceil(spread.replications * odds * (1 - LEFT_WANTED) / LEFT_WANTED)
        out.append(f"With about {wanted:,} replications it would be {100 * LEFT_WANTED:.0f} %.")
    if spread.replications < 3:
        out.append("Two replications tell little of luck that is alike at all points; three or more tell it.")
    return out


# ------------------------------------------------------------------------------------------ where it fails


def searched_sentences(one: Searched, plan: Plan) -> list[str]:
    """Return the answer: how often it fails, the boxes that were confirmed, and what was not found."""
    found = one.found
    fails = fails_words(one, plan)
    share = 100 * found.failing / found.points
    out = [
        f"{one.outcome.programme} {fails} at {found.failing} of {found.points} points ({share:.0f} %), going by the "
        f"means of {found.replications} replications; at {100 * found.unclear:.0f} % of the points luck leaves it open."
    ]
    if found.why:
        return [*out, f"Nothing was searched: {found.why}, so there is no border to be found."]
    out += [box_sentence(one, plan, box) for box in found.boxes]
    if not found.boxes:
        out.append("Nothing found: no region could be named in which it fails more often.")
        for box in found.refused:
            out.append(
                f"Half of the points suggested: {limits_in_words(box.box, one.points)}; the other half did not agree "
                f"(there it fails at {box.failing} of {box.inside} points, {100 * box.overall:.0f} % overall)."
            )
    if not found.luck:
        out.append(
            f"With {found.replications} replications the test saw the same luck as the search. With six or more it "
            "sees other luck, and a finding is worth more."
        )
    return out


def fails_words(one: Searched, plan: Plan) -> str:
    """Return what failing means here, as a verb."""
    title = MEASURES[one.outcome.measure].title
    more = "raise" if one.outcome.better > 0 else "lower"
    if one.found.threshold == 0:
        return f"fails to {more} {title}"
    return f"fails to {more} {title} by more than {in_unit(f'{one.found.threshold:.4g}', one.outcome, plan)}"


def box_sentence(one: Searched, plan: Plan, found: Found) -> str:
    """Return a box in words, with what the half of the points says that the search has not seen."""
    text = (
        f"When {limits_in_words(found.box, one.points)}, {one.outcome.programme} {fails_words(one, plan)} in "
        f"{found.failing} of {found.inside} points, against {100 * found.overall:.0f} % overall (counted in the half "
        f"that the search has not seen; {100 * found.coverage:.0f} % of all failing points lie here)."
    )
    if math.isfinite(found.worse_low):
        digits = say.plain_digits(found.worse, found.worse_low, found.worse_high)
        gap = in_unit(say.number(abs(found.worse), digits), one.outcome, plan)
        text += (
            f" The gain is smaller there than elsewhere by {gap} "
            f"(95 %: {say.number(-found.worse_high, digits)} to {say.number(-found.worse_low, digits)})."
        )
    return text


def limits_in_words(box: Box, points: pd.DataFrame) -> str:
    """Return the limits of a box, e.g. "x is above 0.31 and y is below 14"."""
    return say.joined([_limit(name, limit, points) for name, limit in box.limits.items()]) or "anything holds"


def _limit(name: str, limit: Limit, points: pd.DataFrame) -> str:
    if limit.values is not None:
        return f"{name} is {' or '.join(str(value) for value in limit.values)}"
    column = points[name].to_numpy(float)
    if (column == np.round(column)).all():
        # Half-way limits between whole numbers are told as the numbers that stay.
        low, high = math.ceil(limit.low) if limit.low > -np.inf else None, None
        high = math.floor(limit.high) if limit.high < np.inf else None
        ends = (None if low is None else f"{low:,}", None if high is None else f"{high:,}")
        if low is not None and low == high:
            return f"{name} is {low:,}"
        words = ("at least {}", "at most {}", "from {} to {}")
    else:
        ends = tuple(None if math.isinf(end) else f"{end:.3g}" for end in (limit.low, limit.high))  # type: ignore[assignment]
        words = ("above {}", "below {}", "between {} and {}")
    if ends[0] is not None and ends[1] is not None:
        return f"{name} is {words[2].format(*ends)}"
    return f"{name} is {words[0].format(ends[0])}" if ends[0] is not None else f"{name} is {words[1].format(ends[1])}"
