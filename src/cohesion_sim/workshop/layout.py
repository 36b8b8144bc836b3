"""People on a map: villages and quarters as areas by households, houses on plots, members round their house.

A squarified treemap [BRULS00] of quarters, the gaps between them being the streets; the middle of each village is kept
for the places everybody goes to. Nothing is measured from a real map. The same people always stand in the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.population import Population
from cohesion_sim.scenario import Scenario

SIDE = 65535
"""Length of the map's side: coordinates are uint16."""
_CENTRE = 0.28  # of a village's height and width, for mosque, school, office, bazaar
_FEW = 6  # quarters below which a village has no ring round its middle
_STREET = 0.035  # of the shorter side of a quarter
_STEP = 8  # of coordinates: finer than a screen shows at twelve times its size, and packs better
_TURN = 2.399963  # the golden angle: members of a household stand like seeds in a sunflower

# Rounded far beyond a step of the map and far above the last bit, in which machines differ.
_ROUND = np.round(np.stack([np.cos(_TURN * np.arange(64)), np.sin(_TURN * np.arange(64))]), 6)

Rect = tuple[float, float, float, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where people stand: ``x``, ``y`` (n,) 0 to 65535; the areas of quarters; the places everybody goes to."""

    x: NDArray[np.uint16]
    y: NDArray[np.uint16]
    quarters: list[dict[str, Any]]  # village, rect
    places: list[dict[str, Any]]  # kind, x, y, village


def layout(scenario: Scenario, people: Population) -> Layout:
    """Return the map of a population."""
    houses = int(people.household[-1]) + 1
    first = np.searchsorted(people.household, np.arange(houses))
    quarter, village = people.quarter[first].astype(np.int64), people.village[first].astype(np.int64)
    quarters = int(quarter.max()) + 1
    in_quarter = np.bincount(quarter, minlength=quarters).astype(np.float64)
    village_of = np.zeros(quarters, np.int64)
    village_of[quarter] = village
    grounds = treemap(np.bincount(village, minlength=len(people.village_names)).astype(float), (0, 0, SIDE, SIDE))
    rects, middles = np.zeros((quarters, 4)), []
    for v, ground in enumerate(grounds):
        own = np.flatnonzero(village_of == v)
        inner = _inset(ground, 0.012 * SIDE if len(grounds) > 1 else 0.004 * SIDE)
        areas, middle = _village(in_quarter[own], inner)
        rects[own] = areas
        middles.append(middle)
    x, y = _stand(people, first, quarter, rects)
    listed = [
        {"village": int(v), "rect": [round(side) for side in rect]}
        for v, rect in zip(village_of, rects.tolist(), strict=True)
    ]
    return Layout(x, y, listed, _places(scenario, people, middles))


def treemap(sizes: Floats, ground: Rect) -> list[Rect]:
    """Return a rectangle of ``ground`` for each size, areas in proportion, as square as a treemap can [BRULS00].

    Sizes are placed in their order, so that neighbours in the list are neighbours on the map. A size of nothing gets an
    empty rectangle.
    """
    total = float(sizes.sum())
    scale = (ground[2] - ground[0]) * (ground[3] - ground[1]) / total if total else 0.0
    areas = [float(size) * scale for size in sizes]
    out: list[Rect] = []
    while len(out) < len(areas):
        x0, y0, x1, y1 = ground
        short = max(min(x1 - x0, y1 - y0), 1e-9)
        row = [areas[len(out)]]
        for area in areas[len(out) + 1 :]:
            if _worst([*row, area], short) > _worst(row, short):
                break
            row.append(area)
        thick, at = sum(row) / short, 0.0
        for area in row:
            length = area / thick if thick else 0.0
            if x1 - x0 >= y1 - y0:
                out.append((x0, y0 + at, x0 + thick, y0 + at + length))
            else:
                out.append((x0 + at, y0, x0 + at + length, y0 + thick))
            at += length
        ground = (x0 + thick, y0, x1, y1) if x1 - x0 >= y1 - y0 else (x0, y0 + thick, x1, y1)
    return out


def _worst(row: Sequence[float], short: float) -> float:
    """Return the worst ratio of sides in a row of areas along a side."""
    total, least, most = sum(row), min(row), max(row)
    if total == 0 or least == 0:
        return float("inf")
    return max(short**2 * most / total**2, total**2 / (short**2 * least))


def _inset(rect: Rect, margin: float) -> Rect:
    """Return a rectangle without a margin all round."""
    x0, y0, x1, y1 = rect
    margin = min(margin, (x1 - x0) / 6, (y1 - y0) / 6)
    return x0 + margin, y0 + margin, x1 - margin, y1 - margin


def _village(sizes: Floats, ground: Rect) -> tuple[Floats, Rect]:
    """Return the rectangles (quarters, 4) of a village's quarters round its middle, and the middle."""
    x0, y0, x1, y1 = ground
    if len(sizes) < _FEW:
        rects = treemap(np.append(sizes, sizes.sum() * _CENTRE**2), ground)
        return _streets(rects[:-1]), _inset(rects[-1], 0.01 * SIDE)
    w, h = (x1 - x0) * _CENTRE, (y1 - y0) * _CENTRE
    left, top = x0 + (x1 - x0 - w) / 2, y0 + (y1 - y0 - h) / 2
    parts = [(x0, y0, x1, top), (x0, top, left, top + h), (left + w, top, x1, top + h), (x0, top + h, x1, y1)]
    area = np.array([(b[2] - b[0]) * (b[3] - b[1]) for b in parts])
    middle_of = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    part = np.searchsorted((np.cumsum(area) / area.sum())[:-1], middle_of)
    rects = []
    for k, ground_part in enumerate(parts):
        rects += treemap(sizes[part == k], ground_part)
    return _streets(rects), (left, top, left + w, top + h)


def _streets(rects: Sequence[Rect]) -> Floats:
    """Return rectangles (n, 4) drawn in by half a street."""
    inner = [_inset(r, max(0.002 * SIDE, _STREET * min(r[2] - r[0], r[3] - r[1]))) for r in rects]
    return np.array(inner, np.float64).reshape(-1, 4)


def _stand(
    people: Population, first: NDArray[np.int64], quarter: NDArray[np.int64], rects: Floats
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return where everybody stands, (n,) each: houses on a grid of plots, a little out of line."""
    houses = len(first)
    of_quarter = np.bincount(quarter, minlength=len(rects))
    rank = np.arange(houses) - (np.cumsum(of_quarter) - of_quarter)[quarter]
    wide, high = rects[:, 2] - rects[:, 0], rects[:, 3] - rects[:, 1]
    columns = np.maximum(1, np.ceil(np.sqrt(of_quarter * wide / np.maximum(high, 1.0)))).astype(np.int64)
    lines = np.maximum(1, -(-of_quarter // columns))
    plot_x, plot_y = (wide / columns)[quarter], (high / lines)[quarter]
    # Out of line by a hash of the house's number (Knuth's multiplier): no luck of the run is used for drawing.
    mixed = (np.arange(houses, dtype=np.uint64) * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    off_x = (mixed & np.uint64(0xFF)).astype(np.float64) / 255 - 0.5
    off_y = (mixed >> np.uint64(8) & np.uint64(0xFF)).astype(np.float64) / 255 - 0.5
    house_x = rects[quarter, 0] + (rank % columns[quarter] + 0.5 + 0.22 * off_x) * plot_x
    house_y = rects[quarter, 1] + (rank // columns[quarter] + 0.5 + 0.22 * off_y) * plot_y
    size = np.diff(np.append(first, people.n))
    house = people.household.astype(np.int64)
    member = np.arange(people.n) - first[house]
    reach = 0.36 * np.minimum(plot_x, plot_y)[house] * np.sqrt((member + 0.35) / (size[house] + 0.35))
    turn = (member + house) % _ROUND.shape[1]
    x = house_x[house] + reach * _ROUND[0, turn]
    y = house_y[house] + reach * _ROUND[1, turn]
    return _steps(x), _steps(y)


def _steps(at: Floats) -> NDArray[np.uint16]:
    """Return coordinates in steps of `_STEP`."""
    return (np.clip(np.rint(at / _STEP), 0, SIDE // _STEP) * _STEP).astype(np.uint16)


def _places(scenario: Scenario, people: Population, middles: Sequence[Rect]) -> list[dict[str, Any]]:
    """Return the places everybody goes to, in the middle of their villages: kind, x, y, village."""
    standing: list[list[str]] = [[] for _ in middles]
    for leader in people.leaders.tolist():
        confession = people.confession_names[people.confession[leader]]
        muslim = scenario.confessions[confession].muslim_background
        standing[people.village[leader]].append("mosque" if muslim else "church")
    for school in range(int(people.school.max()) + 1):
        pupils = people.village[people.school == school]
        if len(pupils):
            standing[int(np.bincount(pupils).argmax())].append("school")
    largest = int(np.bincount(people.village, minlength=len(middles)).argmax())
    standing[largest] += ["office", "bazaar"]
    out = []
    for village, (kinds, (x0, y0, x1, y1)) in enumerate(zip(standing, middles, strict=True)):
        columns = max(1, int(np.ceil(np.sqrt(len(kinds)))))
        lines = max(1, -(-len(kinds) // columns))
        for k, kind in enumerate(kinds):
            x = x0 + (k % columns + 0.5) * (x1 - x0) / columns
            y = y0 + (k // columns + 0.5) * (y1 - y0) / lines
            out.append({"kind": kind, "x": round(x), "y": round(y), "village": village})
    return out
