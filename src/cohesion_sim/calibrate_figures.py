"""Pictures of a calibration: functions that take a table and an axes, draw, and return the axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.figures import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

BEFORE: dict[str, Any] = {"color": "#B86200", "linestyle": (0, (5, 2)), "linewidth": 1.4}
AFTER = "#0072B2"
BINS = 30


def fact(
    draws: NDArray[np.float64], prior: NDArray[np.float64], axes: Axes, *, row: Mapping[str, Any]
) -> Axes:
    """Draw what is believed of a fact before (dashed) and after (filled) the figures, and return the axes."""
    low, high = float(np.min(prior)), float(np.max(prior))
    edges = np.linspace(low, high, BINS + 1)
    after, _ = np.histogram(draws, edges, density=True)
    before, _ = np.histogram(prior, edges, density=True)
    axes.stairs(after, edges, fill=True, color=AFTER, alpha=0.35)
    axes.stairs(after, edges, color=AFTER, linewidth=1.0)
    axes.stairs(before, edges, **BEFORE)
    axes.axvline(row["in_scenario"], color="#333333", linewidth=1.0, linestyle=(0, (1, 1.5)))
    axes.set_title(f"{row['fact']}: {row['verdict']}", fontsize=9, loc="left")
    axes.set_xlabel(row["unit"], fontsize=8)
    axes.set_yticks([])
    clean(axes).grid(axis="y", visible=False)
    return axes


def check(table: DataFrame, axes: Axes) -> Axes:
    """Draw every figure against what runs show, on a common scale, and return the axes.

    Zero is the observed figure, one is the half-width of the 90 % interval after the fit. Dashed: before the fit.
    """
    places = np.arange(len(table))[::-1].astype(float)
    half = ((table["q95"] - table["q05"]) / 2).to_numpy(float)
    half = np.where(half > 0, half, np.maximum(np.abs(table["observed"].to_numpy(float)), 1e-9) / 10)

    def scaled(name: str) -> Any:
        return np.clip((table[name].to_numpy(float) - table["observed"].to_numpy(float)) / half, -6, 6)

    axes.hlines(places + 0.16, scaled("before_q05"), scaled("before_q95"), **BEFORE)
    axes.hlines(places - 0.1, scaled("q05"), scaled("q95"), color=AFTER, linewidth=2.4)
    axes.plot(scaled("median"), places - 0.1, "o", color=AFTER, markersize=5)
    axes.axvline(0, color="#333333", linewidth=1.0)
    axes.set_yticks(places, [str(name).replace("_", " ") for name in table["figure"]], fontsize=8)
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlabel("away from the observed figure, in half-widths of the interval after", fontsize=8)
    clean(axes).grid(axis="y", visible=False)
    return axes
