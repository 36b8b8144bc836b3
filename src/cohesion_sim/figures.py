"""Pictures of results: each function takes a table and an axes, draws, and returns the axes.

Nothing is computed here beyond medians, and no global state of Matplotlib is used or changed. With and
without differ in line style and lightness as well as colour, so that colour-blind readers and grey prints
lose nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.measures import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

WITH: dict[str, Any] = {"color": "#0072B2", "linestyle": "-", "linewidth": 1.8}
WITHOUT: dict[str, Any] = {"color": "#B86200", "linestyle": (0, (5, 2)), "linewidth": 1.8}
ENDINGS = {
    "settled": ("settled", "#4DA98A", ""),
    "open": ("still open", "#FFFFFF", ""),
    "unresolved": ("dropped unsettled", "#CFCFCF", ".."),
    "violent": ("violent", "#B23A00", "///"),
}
"""How a dispute can end: label, colour, hatch."""
KINDS = {
    "family": "family",
    "land_water": "land, water",
    "neighbour": "neighbours",
    "youth": "youth",
    "inter_community": "between\ncommunities",
    "religious": "religion",
}
Titles = Callable[[str, str], str]
"""Returns what a group is called, from by and group."""


def plain_titles(by: str, group: str) -> str:
    """Return the name of a group as it stands in the table."""
    return "everybody" if by == "all" else group.replace("_", " ")


def fan(
    weekly: DataFrame,
    axes: Axes,
    *,
    measure: str,
    programme: str,
    by: str = "all",
    group: str = "all",
    window: int = 13,
) -> Axes:
    """Draw median and 5-95 % band over replications, with and without the programme, and return the axes.

    Flows are events a year over the ``window`` weeks before: in the whole municipality for everybody, per 1,000
    residents for a group (spending: USD so far). Where the two middle lines are one, the panel says so.
    """
    from matplotlib.colors import to_rgba

    declared = MEASURES[measure]
    rows = weekly[(weekly["by"] == by) & (weekly["group"] == group)]
    middles: list[Any] = []
    for name, style, label in (("nothing", WITHOUT, "without"), (programme, WITH, "with")):
        arm = rows[rows["programme"] == name].set_index(["week", "replication"])
        table = arm[measure].unstack("replication")
        if declared.flow and declared.unit == "count":
            people = arm["residents"].unstack("replication")
            # A running rate needs its whole window; the first weeks stay empty.
            events, years = table.rolling(window).sum(), people.rolling(window).sum() / 52 / 1000
            table = events * 52 / window if by == "all" else events / years
        elif declared.flow:
            table = table.cumsum()
        table = table.dropna(how="all")
        if table.empty:
            continue
        values = table.to_numpy(float)
        # NumPy's own way around missing values goes week by week and takes most of the time of a figure.
        quantile = np.nanquantile if np.isnan(values).any() else np.quantile
        low, middle, high = quantile(values, [0.05, 0.5, 0.95], axis=1)
        weeks = table.index.to_numpy()
        edge = {"edgecolor": style["color"], "linestyle": style["linestyle"], "linewidth": 0.6}
        face = to_rgba(style["color"], 0.16 if name == "nothing" else 0.26)
        axes.fill_between(weeks, low, high, facecolor=face, **edge)
        axes.plot(weeks, middle, label=label, **style)
        middles.append(middle)
    if len(middles) == 2 and middles[0].shape == middles[1].shape and np.array_equal(*middles):
        axes.annotate("the two lines are one", (0.02, 0.04), xycoords="axes fraction", fontsize=8)
    axes.set_title(declared.title[:1].upper() + declared.title[1:], fontsize=10, loc="left")
    axes.set_ylabel(
        "a year" if by == "all" and declared.flow and declared.unit == "count" else _unit(measure), fontsize=8
    )
    axes.set_xlabel("week", fontsize=8)
    return clean(axes)


def forest(
    effects: DataFrame,
    axes: Axes,
    *,
    measure: str,
    programme: str,
    titles: Titles = plain_titles,
    names: bool = True,
) -> Axes:
    """Draw the paired effect on every group with its 95 % interval, everybody on top, and return the axes.

    A filled dot is clear of zero, a hollow one is not, a square is clearly harmful.
    ``names`` writes the groups on the left; leave it off for panels further right.
    """
    rows = effects[(effects["programme"] == programme) & (effects["measure"] == measure)]
    places = np.arange(len(rows))[::-1].astype(float)
    # A gap between sex, age, community and village.
    by = rows["by"].to_numpy(object)
    places[1:] -= np.cumsum(by[1:] != by[:-1]) * 0.6
    better = MEASURES[measure].better
    effect, low, high = (rows[name].to_numpy(float) for name in ("effect", "low", "high"))
    clear = (low > 0) | (high < 0)
    worse = clear & (effect * better < 0)
    axes.axvline(0, color="#555555", linewidth=0.8)
    for here, colour, marker in (
        (~clear, "#777777", "o"),
        (clear & ~worse, "#0072B2", "o"),
        (worse, "#B23A00", "s"),
    ):
        if here.any():
            axes.hlines(places[here], low[here], high[here], color=colour, linewidth=1.4)
            face = "white" if colour == "#777777" else colour
            axes.plot(effect[here], places[here], marker, markersize=5, color=colour, markerfacecolor=face)
    labels = [titles(str(row["by"]), str(row["group"])) for _, row in rows.iterrows()]
    axes.set_yticks(places, labels if names else [""] * len(labels), fontsize=8)
    direction = {1: "right is better", -1: "left is better", 0: ""}[better]
    axes.set_title(MEASURES[measure].title, fontsize=9, loc="left")
    axes.set_xlabel(f"{_unit(measure)}\n({direction})" if direction else _unit(measure), fontsize=8)
    axes.locator_params(axis="x", nbins=4)
    clean(axes).grid(axis="y", visible=False)
    return axes


def disputes(table: DataFrame, axes: Axes, *, programmes: Sequence[str], weeks: int) -> Axes:
    """Draw known disputes a year by kind and ending, without and with each programme; return the axes."""
    kinds = [kind for kind in KINDS if kind in set(table["kind"])]
    means = table.groupby(["programme", "kind"], observed=True)[list(ENDINGS)].mean() * 52 / weeks
    arms = ["nothing", *programmes]
    labels = ["without", "with"] if len(arms) == 2 else ["without", *programmes]
    step = 0.84 / len(arms)
    for side, name in enumerate(arms):
        places = np.arange(len(kinds)) + (side - (len(arms) - 1) / 2) * step
        arm = means.xs(name, level="programme").reindex(kinds).fillna(0.0)
        bottom = np.zeros(len(kinds))
        for column, (label, colour, hatch) in ENDINGS.items():
            height = arm[column].to_numpy(float)
            axes.bar(
                places, height, 0.88 * step, bottom=bottom, color=colour, hatch=hatch,
                edgecolor="#333333", linewidth=0.6, label=None if side else label,
            )  # fmt: skip
            bottom += height
        for place, top in zip(places, bottom, strict=True):
            axes.annotate(
                labels[side], (place, top), xytext=(0, 2), textcoords="offset points",
                ha="center", va="bottom", fontsize=6, rotation=90,
            )  # fmt: skip
    axes.set_xticks(np.arange(len(kinds)), [KINDS[kind] for kind in kinds], fontsize=8)
    axes.set_ylabel("disputes a year", fontsize=8)
    axes.margins(y=0.14)
    axes.legend(fontsize=8, frameon=False, loc="upper right")
    clean(axes).grid(axis="x", visible=False)
    return axes


def money(table: DataFrame, axes: Axes, *, programmes: Sequence[str]) -> Axes:
    """Draw USD by line of the budget, the municipality's own part hatched, and return the axes."""
    runs = table.groupby("programme", observed=True)["replication"].nunique()
    rows = table[table["programme"].isin(programmes)]
    sums = rows.groupby(["programme", "label", "line"], observed=True, sort=False)[["usd", "own"]].sum()
    bars = [(str(name), str(label), str(line)) for name, label, line in sums.index]
    count = np.array([runs[name] for name, *_ in bars], float)
    usd, own = sums["usd"].to_numpy() / count, sums["own"].to_numpy() / count
    places = np.arange(len(bars))[::-1]
    axes.barh(places, usd - own, color="#7FB2D6", edgecolor="#333333", linewidth=0.6, label="programme")
    axes.barh(
        places,
        own,
        left=usd - own,
        color="#F0C987",
        edgecolor="#333333",
        linewidth=0.6,
        hatch="///",
        label="municipality",
    )
    for place, value in zip(places, usd, strict=True):
        axes.annotate(f" {value:,.0f}", (value, place), va="center", fontsize=8)
    several = len(programmes) > 1
    names = [f"{name}: {label}, {line}" if several else f"{label}, {line}" for name, label, line in bars]
    axes.set_yticks(places, [name.replace("_", " ") for name in names], fontsize=8)
    axes.set_xlabel("USD, mean of the runs", fontsize=8)
    axes.set_xlim(0, 1.15 * max(usd.max(initial=0.0), 1.0))
    if own.any():
        axes.legend(fontsize=8, frameon=False, loc="lower right")
    clean(axes).grid(axis="y", visible=False)
    return axes


def targets(people: DataFrame, axes: Axes, *, titles: Titles = plain_titles) -> Axes:
    """Draw target (ring) and achieved (dot) of every share of the population, and return the axes."""
    rows = people[people["unit"].isin(["share", "index 0-1", "0-1", "index"])]
    places = np.arange(len(rows))[::-1]
    for place, target, achieved in zip(places, rows["target"], rows["achieved"], strict=True):
        axes.plot([target, achieved], [place, place], color="#999999", linewidth=1)
    axes.plot(rows["target"], places, "o", markersize=8, markerfacecolor="none", color="#B86200", label="target")
    axes.plot(rows["achieved"], places, "o", markersize=3.5, color="#0072B2", label="achieved")
    same = {"all", ""}
    labels = [
        str(name).replace("_", " ")
        if str(group) in same
        else f"{str(name).replace('_', ' ')}: {titles(str(name), str(group))}"
        for name, group in zip(rows["property"], rows["group"], strict=True)
    ]
    axes.set_yticks(places, labels, fontsize=7)
    axes.set_ylim(-1, len(rows))
    axes.set_xlabel("share (or index 0-1)", fontsize=8)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    return clean(axes)


def ranking(
    table: DataFrame,
    axes: Axes,
    *,
    outcome: str,
    titles: Callable[[str], str] = str,
    order: Sequence[str] | None = None,
    names: bool = True,
) -> Axes:
    """Draw the programmes by gain per USD 1,000 with 95 % intervals, best on top, and return the axes.

    Programmes of one tier share a marker and a number: they cannot be told apart from the best of the tier.
    ``order`` keeps one order in several panels; ``names`` writes it on the left.
    """
    rows = table[(table["outcome"] == outcome) & (table["tier"] > 0)]
    if order is not None:
        rows = rows.set_index("programme", drop=False).reindex([n for n in order if n in set(rows["programme"])])
    places = np.arange(len(rows))[::-1]
    axes.axvline(0, color="#555555", linewidth=0.8)
    for place, (_, row) in zip(places, rows.iterrows(), strict=True):
        axes.annotate(
            str(int(row["tier"])),
            (row["worth"], place),
            xytext=(0, 5),
            textcoords="offset points",
            fontsize=8,
            ha="center",
        )
        if np.isfinite(row["worth_low"]):
            axes.plot([row["worth_low"], row["worth_high"]], [place, place], color="#0072B2", linewidth=1.6)
        axes.plot(row["worth"], place, marker="osD^v"[(int(row["tier"]) - 1) % 5], markersize=6, color="#0072B2")
    labels = [titles(str(name)).replace("_", " ") for name in rows["programme"]]
    axes.set_yticks(places, labels if names else [""] * len(labels), fontsize=8)
    averted = MEASURES[outcome].flow
    title = f"{MEASURES[outcome].title} averted" if averted else f"gain in {MEASURES[outcome].title}"
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_ylim(-0.6, len(rows) - 0.3)
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("per USD 1,000 (right is better)", fontsize=8)
    clean(axes).grid(axis="y", visible=False)
    return axes


def sheet(width: float, height: float, rows: int = 1, columns: int = 1, **margins: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of ``width`` × ``height`` inches and its axes, row by row; ``margins`` place them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, squeeze=False)
    # Fixed margins: measuring every label first would take most of the time.
    figure.subplots_adjust(**{"left": 0.1, "right": 0.98, "top": 0.92, "bottom": 0.12, **margins})
    return figure, list(axes.flat)


def make_room(figure: Figure, axes: Axes) -> None:
    """Widen the left margin to the longest label of the vertical axis, by its number of letters."""
    longest = max((len(label.get_text()) for label in axes.get_yticklabels()), default=0)
    # A letter of 8 points is about 0.062 inches wide.
    inches = 0.15 + 0.062 * longest
    figure.subplots_adjust(left=min(inches / figure.get_figwidth(), 0.45))


def save(figures: Mapping[str, Figure], folder: Path, dpi: int = 110) -> dict[str, str]:
    """Write every figure as NAME.png and NAME.svg into ``folder``, and return the SVG texts by name."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {}
    for name, figure in figures.items():
        texts[name] = svg(figure)
        (folder / f"{name}.svg").write_text(texts[name], encoding="utf-8")
        figure.savefig(folder / f"{name}.png", dpi=dpi)
    return texts


def svg(figure: Figure) -> str:
    """Return the figure as SVG text: the same bytes for the same figure, letters kept as letters."""
    from matplotlib import rc_context

    target = BytesIO()
    # Matplotlib takes these two from its settings only; they are put back at once.
    with rc_context({"svg.hashsalt": "cohesion-sim", "svg.fonttype": "none"}):
        figure.savefig(target, format="svg", metadata={"Date": None})
    return target.getvalue().decode("utf-8")


def inline(text: str, name: str, label: str) -> str:
    """Return SVG text fit to stand inside a page: ids unique to ``name``, a label for screen readers."""
    from html import escape

    body = text[text.index("<svg") :]
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
    # Matplotlib's style sheet would reach the whole page; the page sets the width.
    body = re.sub(r"<style type=\"text/css\">.*?</style>", "", body, flags=re.DOTALL)
    head, rest = body.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{escape(label, quote=True)}">{rest}'


def _unit(measure: str) -> str:
    """Return the unit on an axis."""
    declared = MEASURES[measure]
    return "per 1,000 a year" if declared.flow and declared.unit == "count" else declared.unit


def clean(axes: Axes) -> Axes:
    """Return the axes with light rules and small ticks."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    return axes
