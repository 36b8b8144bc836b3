"""Pictures of virtual trials: functions that take a table and an axes, draw, and return the axes.

No colour stands alone: filled and hollow, line styles, markers and hatches say the same in grey.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.figures import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

SEEN, UNSEEN, TRUE = "#0072B2", "#FFFFFF", "#B23A00"
LINES = (("#0072B2", "o"), ("#B86200", "s"), ("#3C8D6E", "^"), ("#7A4B94", "D"), ("#333333", "v"), ("#C2407E", "P"))
"""Colour and marker of each number of people; more than six begin again."""
ALPHA = 0.05
MOST_DOTS = 400
"""Up to so many trials are dots, more are bars."""
UNITS = {"d": "difference in SD of the controls (d)", "points": "percentage points", "rate ratio": "rate ratio"}


def estimates(
    table: DataFrame,
    axes: Axes,
    *,
    outcome: str,
    arm: str,
    true: float = math.nan,
    band: tuple[float, float] | None = None,
    title: str = "",
) -> Axes:
    """Draw the estimates of all trials for one outcome and arm, and return the axes.

    Filled: significant at 5 %; hollow: not. A grey line stands at no effect, a red one with a triangle at the ``true``
    effect; the hatched ``band`` is what was published (an end that is not known is infinite).
    """
    rows = table[(table["outcome"] == outcome) & (table["arm"] == arm)]
    unit = str(rows["unit"].iloc[0]) if len(rows) else "d"
    ratio = unit == "rate ratio"
    rows = rows[np.isfinite(rows["estimate"]) & ((rows["estimate"] > 0) | (not ratio))]
    values = rows["estimate"].to_numpy(float)
    none = 1.0 if ratio else 0.0
    if ratio:
        axes.set_xscale("log")
    ends = [*values, none, *([true] if math.isfinite(true) else []), *(e for e in band or () if math.isfinite(e))]
    low, high = _room(min(ends), max(ends), ratio=ratio)
    axes.set_xlim(low, high)
    height = _dots(axes, values, (rows["p"] < ALPHA).to_numpy(), (low, high), ratio=ratio)
    if band is not None:
        left, right = max(band[0], low), min(band[1], high)
        axes.axvspan(left, right, facecolor="#F4F4F2", edgecolor="#BDBDBD", hatch="///", linewidth=0.6, zorder=0)
    axes.axvline(none, color="#555555", linewidth=1.0, linestyle=(0, (1, 1.5)), zorder=1)
    if math.isfinite(true):
        axes.axvline(true, color=TRUE, linewidth=1.6, zorder=2)
        axes.plot(true, 1.08 * height, "v", color=TRUE, markersize=6, clip_on=False, zorder=4)
    axes.set_ylim(0, 1.12 * height)
    axes.set_title(title or f"{outcome}: {arm}", fontsize=9, loc="left", pad=10)
    axes.set_xlabel(UNITS[unit], fontsize=8)
    if ratio:
        _plain_ratios(axes)
    clean(axes).grid(axis="y", visible=False)
    return axes


def _room(low: float, high: float, *, ratio: bool) -> tuple[float, float]:
    """Return the ends of the axis, with a margin."""
    if ratio:
        margin = 1.05 * (high / low) ** 0.08
        return low / margin, high * margin
    margin = 0.08 * (high - low) or 0.1
    return low - margin, high + margin


def _plain_ratios(axes: Axes) -> None:
    """Write ratios as plain numbers, few of them."""
    from matplotlib.ticker import MaxNLocator, NullLocator

    low, high = axes.get_xlim()
    wide = [k * 10.0**n for n in range(-4, 5) for k in ((1, 2, 5) if high / low > 6 else (1, 1.5, 2, 3, 5, 7))]
    ticks = wide if high / low > 2.5 else MaxNLocator(5).tick_values(low, high)
    kept = [float(tick) for tick in ticks if low <= tick <= high]
    axes.set_xticks(kept, [f"{tick:g}" for tick in kept])
    axes.xaxis.set_minor_locator(NullLocator())


def _dots(axes: Axes, values: Any, seen: Any, ends: tuple[float, float], *, ratio: bool) -> float:
    """Draw trials as stacked dots, or as bars when there are many; return the height of the highest stack."""
    along = np.log(values) if ratio else values
    low, high = np.log(ends) if ratio else ends
    bins = 44
    at = np.clip(((along - low) / (high - low) * bins).astype(int), 0, bins - 1)
    edges = low + (high - low) * np.arange(bins + 1) / bins
    edges = np.exp(edges) if ratio else edges
    centres = np.sqrt(edges[1:] * edges[:-1]) if ratio else (edges[1:] + edges[:-1]) / 2
    count = np.bincount(at, minlength=bins)
    height = max(float(count.max(initial=0)), 5.0)
    if len(values) > MOST_DOTS:
        clear = np.bincount(at[seen], minlength=bins)
        style: dict[str, Any] = {"width": np.diff(edges), "edgecolor": "#333333", "linewidth": 0.5, "zorder": 3}
        axes.bar(centres, clear, color=SEEN, **style)
        axes.bar(centres, count - clear, bottom=clear, color=UNSEEN, **style)
        axes.set_ylabel("trials", fontsize=8)
        return height
    # Significant ones below, so that their share is seen at a glance.
    order = np.lexsort((values, ~seen, at))
    rank = np.empty(len(values))
    rank[order] = np.arange(len(values)) - np.searchsorted(at[order], at[order])
    for which, face in ((seen, SEEN), (~seen, UNSEEN)):
        axes.plot(
            centres[at[which]], rank[which] + 0.5, "o", markersize=max(2.2, min(5.0, 60 / height)),
            color="#24506B", markerfacecolor=face, markeredgewidth=0.7, zorder=3,
        )  # fmt: skip
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    return height


def power(table: DataFrame, axes: Axes, *, baseline: str, target: float, names: bool = True) -> Axes:
    """Draw power over places, a line a number of people, the closed form dashed beside; return the axes.

    Bars are 95 % intervals of the simulated power. ``baseline`` chooses designs with or without one.
    """
    rows = table[table["baseline"] == baseline]
    every = sorted(table["people"].unique())
    # Intervals of several lines would lie on top of one another.
    spread = 0.006 * float(table["places"].max() - table["places"].min() or 1)
    for number, people in enumerate(every):
        line = rows[rows["people"] == people].sort_values("places")
        colour, marker = LINES[number % len(LINES)]
        places = line["places"].to_numpy(float)
        axes.plot(places, line["closed_power"], linestyle=(0, (4, 2)), linewidth=1.0, color=colour, zorder=2)
        beside = places + (number - (len(every) - 1) / 2) * spread
        axes.vlines(beside, line["low"], line["high"], color=colour, linewidth=1.0, zorder=2)
        axes.plot(
            beside, line["power"], marker=marker, color=colour, linewidth=1.6, markersize=5, zorder=3,
            label=f"{people} people a place",
        )  # fmt: skip
    axes.axhline(target, color="#333333", linewidth=1.0, linestyle=(0, (1, 1.5)))
    axes.annotate(
        f"wanted: {target:g}", (0.01, target), xycoords=("axes fraction", "data"), xytext=(0, 2),
        textcoords="offset points", fontsize=7, zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
    )  # fmt: skip
    axes.set_ylim(0, 1.02)
    axes.set_xticks(sorted(table["places"].unique()))
    axes.set_title(f"{baseline} a baseline", fontsize=10, loc="left")
    axes.set_xlabel("places", fontsize=8)
    if names:
        axes.set_ylabel("power", fontsize=8)
    return clean(axes)
