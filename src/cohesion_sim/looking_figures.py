"""Pictures of what matters and of where a programme fails: each takes a table and an axes, and returns the axes.

No colour stands alone: filled and hollow, marks and printed numbers say the same in grey.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.figures import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

UP, DOWN, GREY = "#0072B2", "#B86200", "#777777"
MOST = 12  # numbers in a tornado
DARK = 0.6  # from this share on, letters are white


def tornado(table: DataFrame, axes: Axes, *, unit: str, titles: Callable[[str], str] = str, most: int = MOST) -> Axes:
    """Draw how an outcome changes over the range of each number, the weightiest on top, and return the axes.

    ``table`` has the columns number, change, change_low, change_high, clear. Filled: the number matters beyond luck;
    upward changes are blue and plain, downward ones brown and hatched; hollow: not told from luck.
    """
    rows = table.head(most)
    places = np.arange(len(rows))[::-1]
    for place, (_, row) in zip(places, rows.iterrows(), strict=True):
        colour, hatch = (UP, "") if row["change"] >= 0 else (DOWN, "///")
        face = colour if row["clear"] else "white"
        axes.barh(
            place, row["change"], 0.62, facecolor=face, edgecolor="#333333" if row["clear"] else GREY, linewidth=0.7,
            hatch=hatch if row["clear"] else "", alpha=0.85,
        )  # fmt: skip
        if np.isfinite(row["change_low"]):
            axes.plot([row["change_low"], row["change_high"]], [place, place], color="#222222", linewidth=1.3)
            for end in (row["change_low"], row["change_high"]):
                axes.plot([end, end], [place - 0.14, place + 0.14], color="#222222", linewidth=1.0)
    axes.axvline(0, color="#555555", linewidth=0.9)
    axes.set_yticks(places, [titles(str(name)) for name in rows["number"]], fontsize=8)
    axes.set_xlabel(f"change of the outcome ({unit})", fontsize=8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.locator_params(axis="x", nbins=6)
    clean(axes).grid(axis="y", visible=False)
    return axes


def heat_map(table: DataFrame, axes: Axes, *, titles: Callable[[str], str] = str) -> Axes:
    """Draw which number matters for which outcome, and return the axes.

    ``table`` has the columns outcome, number, share (of the weightiest number of this outcome, 0-1), change, clear. The
    darker, the weightier; the sign is the direction; a dot instead of a number: not told from luck.
    """
    outcomes = list(dict.fromkeys(table["outcome"]))
    weight = table[table["clear"]].groupby("number")["share"].sum()
    numbers = sorted(dict.fromkeys(table["number"]), key=lambda name: (-weight.get(name, 0.0), name))
    cells = table.set_index(["outcome", "number"])
    shares = np.array([[float(cells.loc[(o, n), "share"]) for n in numbers] for o in outcomes])
    clear = np.array([[bool(cells.loc[(o, n), "clear"]) for n in numbers] for o in outcomes])
    axes.imshow(np.where(clear, shares, 0.0), cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for (i, j), share in np.ndenumerate(shares):
        sign = "+" if float(cells.loc[(outcomes[i], numbers[j]), "change"]) >= 0 else "−"
        text = f"{sign}{100 * share:.0f}" if clear[i, j] else "·"
        letters = "white" if clear[i, j] and share > DARK else "#222222"
        axes.text(j, i, text, ha="center", va="center", fontsize=8, color=letters)
    axes.set_xticks(range(len(numbers)), [titles(name) for name in numbers], fontsize=7, rotation=40, ha="right")
    axes.set_yticks(range(len(outcomes)), [textwrap.fill(name, 34) for name in outcomes], fontsize=8)
    axes.set_xticks(np.arange(len(numbers) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(outcomes) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    return axes


def places(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    failing: NDArray[np.bool_],
    axes: Axes,
    *,
    names: Sequence[str],
    box: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Axes:
    """Draw the points over two of the things that vary, failing ones as crosses, with a box, and return the axes."""
    axes.plot(x[~failing], y[~failing], "o", markersize=3.5, markerfacecolor="none", color=UP, label="helps")
    axes.plot(x[failing], y[failing], "x", markersize=4.5, color=DOWN, label="fails to help")
    if box is not None:
        ends = []
        for (low, high), values in zip(box, (x, y), strict=True):
            room = 0.03 * max(float(np.ptp(values)), 1e-12)
            ends.append((max(low, float(values.min()) - room), min(high, float(values.max()) + room)))
        (left, right), (bottom, top) = ends
        corners = [left, right, right, left, left], [bottom, bottom, top, top, bottom]
        axes.plot(*corners, color="#222222", linewidth=1.4)
    axes.set_xlabel(names[0], fontsize=8)
    axes.set_ylabel(names[1], fontsize=8)
    return clean(axes)
