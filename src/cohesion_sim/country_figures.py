"""Pictures of a country without a map: each function takes a table and an axes, draws, and returns the axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.figures import WITH, WITHOUT, clean
from cohesion_sim.measures import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

LINE = "#24506B"
TENSE = "#B86200"


def dots(table: DataFrame, axes: Axes, *, names: list[str], value: str = "worth", whole: float | None = None) -> Axes:
    """Draw ``value`` of each row with its 95 % interval, the first on top, and return the axes.

    A filled dot is clear of zero; a dotted line stands at ``whole``, the value of all together.
    """
    low, high = (f"{value}_{end}" if value == "worth" else end for end in ("low", "high"))
    at = np.arange(len(table))[::-1].astype(float)
    left, right = table[low].to_numpy(float), table[high].to_numpy(float)
    clear = (left > 0) | (right < 0)
    axes.axvline(0, color="#333333", linewidth=0.8)
    if whole is not None:
        axes.axvline(whole, color=LINE, linewidth=1.0, linestyle=(0, (1, 1.5)))
    axes.hlines(at, left, right, color=LINE, linewidth=1.2)
    for which, face in ((clear, LINE), (~clear, "white")):
        axes.plot(
            table[value].to_numpy(float)[which], at[which], "o", color=LINE, markerfacecolor=face, markersize=4.5
        )
    axes.set_yticks(at, names, fontsize=7.5)
    axes.set_ylim(-0.8, len(table) - 0.2)
    return clean(axes)


def scatter(
    rows: DataFrame, axes: Axes, *, gains: Any, title: str, mean: float, ends: tuple[float, float], along: str
) -> Axes:
    """Draw one dot a municipality: gain per 1,000 USD over ``along``; larger dots have more people; return the axes."""
    inside = 0.97  # what lies beyond the frame stands just within it
    worth = np.clip(gains / (rows["usd"].to_numpy(float) / 1000), ends[0] * inside, ends[1] * inside)
    size = 4 + rows["residents"].to_numpy(float) / 900
    tense = rows["tense"].to_numpy(bool)
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.axhline(mean, color=LINE, linewidth=1.2, linestyle=(0, (1, 1.5)))
    x = rows[along].to_numpy(float)
    for which, colour, marker, label in ((~tense, LINE, "o", "ordinary years"), (tense, TENSE, "^", "tense years")):
        axes.scatter(
            x[which], worth[which], s=size[which], marker=marker, facecolor=colour, alpha=0.55,
            edgecolor="white", linewidth=0.4, label=label,
        )  # fmt: skip
    axes.set_ylim(*ends)
    axes.set_title(title, fontsize=9, loc="left")
    return clean(axes)


def months(table: DataFrame, axes: Axes, *, measure: str, residents: float) -> Axes:
    """Draw a measure of the whole country by month, without and with the programme, and return the axes."""
    declared = MEASURES[measure]
    scale = 13 / (residents / 1000) if declared.flow and declared.unit == "count" else 1.0
    for arm, style in (("without", WITHOUT), ("with", WITH)):
        axes.plot(table["month"], table[f"{measure} {arm}"] * scale, label=arm, **style)
    axes.set_title(declared.title[:1].upper() + declared.title[1:], fontsize=10, loc="left")
    axes.set_ylabel("per 1,000 a year" if scale != 1.0 else declared.unit, fontsize=8)
    axes.set_xlabel("month (four weeks)", fontsize=8)
    return clean(axes)


def rolled_out(table: DataFrame, axes: Axes) -> Axes:
    """Draw the share of people whose district has begun, and the money spent so far, and return the axes."""
    axes.fill_between(table["month"], 100 * table["begun"], step="mid", color=LINE, alpha=0.25, linewidth=0)
    axes.plot(table["month"], 100 * table["begun"], color=LINE, drawstyle="steps-mid", label="district has begun, %")
    spent = table["spending with"].to_numpy(float) - table["spending without"].to_numpy(float)
    total = max(float(spent.sum()), 1e-9)
    axes.plot(table["month"], 100 * spent.cumsum() / total, color=TENSE, linestyle=(0, (5, 2)), label="money spent, %")
    axes.set_ylim(0, 103)
    axes.set_title("The roll-out", fontsize=10, loc="left")
    axes.set_ylabel("% of all", fontsize=8)
    axes.set_xlabel("month (four weeks)", fontsize=8)
    axes.legend(fontsize=7, frameon=False, loc="lower right")
    return clean(axes)


def mark_shocks(axes: Axes, weeks: Mapping[str, int]) -> Axes:
    """Draw a thin line for each national shock at its month, its name above the curves, and return the axes."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.09 * len(weeks) * (high - low))
    for number, (name, week) in enumerate(sorted(weeks.items(), key=lambda item: item[1])):
        axes.axvline(week / 4 + 1, color="#777777", linewidth=0.7, zorder=1)
        axes.annotate(
            name, (week / 4 + 1, 0.99 - 0.07 * number), xycoords=("data", "axes fraction"), fontsize=6.5,
            xytext=(2, 0), textcoords="offset points", va="top", color="#555555",
        )  # fmt: skip
    return axes
