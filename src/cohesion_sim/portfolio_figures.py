"""Pictures of portfolios: functions that take tables and an axes, draw, and return the axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.figures import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

FRONT, OTHER, BEST = "#0072B2", "#9A9A9A", "#B23A00"
STATES: Mapping[str, tuple[str, str]] = {
    "best": ("*", BEST),
    "tied": ("D", FRONT),
    "worse": ("v", OTHER),
    "not pursued": ("o", OTHER),
}
"""Marker and colour of each state of a mix."""


def front(mixes: DataFrame, front_of: DataFrame, axes: Axes, *, outcome: str, scored: str, label: str) -> Axes:
    """Draw every mix by cost and gain (up is better), a line through those that no other beats; return the axes.

    The line is dashed where it stands on a mix that was looked at briefly.
    """
    for state, (marker, colour) in STATES.items():
        rows = mixes[mixes[f"{scored}_state"] == state]
        if rows.empty:
            continue
        error = np.abs(rows[[f"{outcome}_low", f"{outcome}_high"]].to_numpy().T - rows[outcome].to_numpy())
        axes.errorbar(
            rows["usd"], rows[outcome], yerr=np.nan_to_num(error), fmt=marker, color=colour,
            ecolor="#CCCCCC", elinewidth=0.8, markersize=11 if state == "best" else 5,
            markerfacecolor="white" if state == "not pursued" else colour,
            label=state, zorder=3 if state in ("best", "tied") else 2,
        )  # fmt: skip
    climb = front_of.sort_values("usd")
    climb = climb[climb[outcome] >= climb[outcome].cummax()]
    usd, gain = climb["usd"].to_numpy(), climb[outcome].to_numpy()
    for finalist, line in ((True, "solid"), (False, (0, (4, 2)))):
        here = climb["finalist"].to_numpy() == finalist
        look: Any = {"color": FRONT, "linewidth": 1.2, "linestyles": line, "zorder": 1}
        axes.hlines(gain[here], usd[here], np.append(usd[1:], usd[-1:])[here], **look)
        axes.vlines(usd[here], np.append(gain[:1], gain[:-1])[here], gain[here], **look)
    axes.axhline(0.0, color="#555555", linewidth=1.0, linestyle=(0, (1, 1.5)), zorder=1)
    axes.set_xlabel("USD planned")
    axes.set_title(label, loc="left", fontsize=10)
    return clean(axes)


def spent(mixes: DataFrame, axes: Axes) -> Axes:
    """Draw how many replications each mix lived through, the best first, and return the axes."""
    values = np.sort(mixes["replications"].to_numpy())[::-1]
    axes.bar(np.arange(1, len(values) + 1), values, width=0.9, color=FRONT)
    axes.set_xlabel("mixes, most looked at first")
    axes.set_title("replications", loc="left", fontsize=10)
    return clean(axes)


def chances(mixes: DataFrame, axes: Axes, *, scored: str, most: int = 8) -> Axes:
    """Draw the chance of the leaders that no other gains more, and return the axes."""
    chance = f"{scored}_chance"
    rows = mixes[mixes[chance] > 0].sort_values(chance, ascending=False, kind="stable").head(most)
    at = np.arange(len(rows))[::-1]
    axes.barh(at, rows[chance] * 100, height=0.6, color=FRONT)
    axes.set_yticks(at, [_folded(words) for words in rows["words"]], fontsize=8)
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of resamples in which no other gains more")
    return clean(axes)


def _folded(words: str, width: int = 46) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(words, width))
