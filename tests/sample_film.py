"""A made-up film in the format of the workshop: what the page must be able to draw, at any size, in milliseconds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from cohesion_sim.files import load_scenario
from cohesion_sim.measures import MEASURES
from cohesion_sim.municipality import DISPUTE_KINDS
from cohesion_sim.population import ROLES

LEVELS = {"0-1": 0.45, "share": 0.4, "0-10": 4.6, "count": 2.0, "people": 20.0, "USD": 300.0}
ORDER = np.random.Generator(np.random.PCG64(7))


def packed(header: Mapping[str, Any], planes: Iterable[tuple[str, np.ndarray]]) -> bytes:
    """Return the bytes of a film: magic, header, planes, each at a multiple of eight."""
    codes = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "float32": "f32", "int16": "i16"}
    listed, body = [], bytearray()
    for name, plane in planes:
        body += bytes(-len(body) % 8)
        listed.append({"name": name, "dtype": codes[plane.dtype.name], "shape": list(plane.shape), "offset": len(body)})
        body += np.ascontiguousarray(plane).tobytes()
    text = json.dumps({**header, "planes": listed}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    raw = b"COHS" + np.uint32(len(text)).tobytes() + text + bytes(body)
    return gzip.compress(raw, 9, mtime=0)


def _people(n: int, communities: int, villages: int) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Return the static planes of n people in households of five, on a grid of quarters, and the quarters."""
    side = int(np.ceil(np.sqrt(max(n / 250, villages))))
    cell = 65535 // side
    quarters = [
        {
            "village": (row * side + column) * villages // (side * side),
            "rect": [column * cell + 500, row * cell + 500, (column + 1) * cell - 500, (row + 1) * cell - 500],
        }
        for row in range(side)
        for column in range(side)
    ]
    household = np.arange(n, dtype=np.uint32) // 5
    of_house = np.arange(household[-1] + 1) * len(quarters) // (household[-1] + 1)
    x, y = np.zeros(n), np.zeros(n)
    for q, quarter in enumerate(quarters):
        houses = np.flatnonzero(of_house == q)
        across = int(np.ceil(np.sqrt(max(len(houses), 1))))
        x0, y0, x1, y1 = quarter["rect"]
        for place, house in enumerate(houses):
            members = np.flatnonzero(household == house)
            turn = 2.4 * np.arange(len(members))
            reach = (x1 - x0) / across * 0.16 * np.sqrt(np.arange(len(members)) + 0.3)
            x[members] = x0 + (place % across + 0.5) / across * (x1 - x0) + reach * np.cos(turn)
            y[members] = y0 + (place // across + 0.5) / across * (y1 - y0) + reach * np.sin(turn)
    role = np.zeros(n, np.uint8)
    role[ORDER.integers(0, n, max(n // 100, 6))] = 1 + np.arange(max(n // 100, 6)) % 3
    planes = {
        "x": x.astype(np.uint16),
        "y": y.astype(np.uint16),
        "community": (ORDER.random(n) ** 2 * communities).astype(np.uint8),
        "role": role,
        "sex": (np.arange(n) % 2).astype(np.uint8),
        "band": np.where(np.arange(n) % 5 > 2, 0, 1 + np.arange(n) % 3).astype(np.uint8),
        "village": np.array([quarters[q]["village"] for q in of_house[household]], np.uint8),
        "quarter": of_house[household].astype(np.uint16),
        "household": household,
    }
    return planes, quarters


def _attitudes(n: int, weeks: int, child: np.ndarray, lift: float) -> np.ndarray:
    """Return attitude to others in 0..100 by week and person; 255 for children."""
    start = np.clip(ORDER.normal(46, 22, n), 0, 100)
    drift = ORDER.normal(0.02, 0.15, n) + lift
    rows = np.clip(start + np.arange(weeks + 1)[:, None] * drift, 0, 100).round().astype(np.uint8)
    rows[:, child] = 255
    return rows


def _events(n: int, weeks: int, rate: float, violent: float) -> dict[str, np.ndarray]:
    """Return the columns of disputes: most arise, some are settled, some end in violence."""
    week = np.sort(ORDER.integers(1, weeks + 1, int(rate * weeks)))
    size = len(week)
    pick = ORDER.random(size)
    what = np.select([pick < 0.5, pick < 0.8, pick < 0.8 + violent], [0, 1, 2], 3)
    if size > 3:
        what[1], what[2] = 4, 5
    return {
        "week": week.astype(np.uint16),
        "kind": ORDER.integers(0, len(DISPUTE_KINDS), size).astype(np.uint8),
        "what": what.astype(np.uint8),
        "a": ORDER.integers(0, n, size).astype(np.uint32),
        "b": ORDER.integers(0, n, size).astype(np.uint32),
    }


def _series(rows: np.ndarray, events: Mapping[str, np.ndarray], shift: float) -> np.ndarray:
    """Return every measure by week; flows have no value in week 0."""
    weeks = len(rows) - 1
    out = np.zeros((len(MEASURES), weeks + 1), np.float32)
    for k, measure in enumerate(MEASURES.values()):
        level = LEVELS.get(measure.unit, 0.3)
        line = level * (1 + 0.05 * np.sin(np.arange(weeks + 1) / 9 + k) + shift * np.arange(weeks + 1) / weeks)
        out[k] = np.round(line) if measure.unit in {"count", "people"} else line
        if measure.flow:
            out[k, 0] = np.nan
    names = list(MEASURES)
    adults = rows[0] != 255
    out[names.index("attitude")] = rows[:, adults].mean(axis=1) / 100
    out[names.index("violent"), 1:] = np.bincount(events["week"][events["what"] == 2], minlength=weeks + 1)[1:]
    return out


def film(
    *,
    scenario: str = "zhazy",
    people: int = 2000,
    weeks: int = 60,
    programme: str = "project",
    off: bool = False,
    gain: float = 14,
    villages: bool = True,
    titles: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of a made-up film of a real scenario's communities, villages and programme."""
    global ORDER  # noqa: PLW0603 - the same film every time
    ORDER = np.random.Generator(np.random.PCG64(7))
    place = load_scenario(scenario)
    planes, quarters = _people(people, len(place.communities), len(place.villages))
    child = planes["band"] == 0
    without = _attitudes(people, weeks, child, 0.0)
    taking_part = (np.arange(people) % 9 == 0) & ~child
    lift = np.where(taking_part, 0 if off else gain, 0) * np.clip((np.arange(weeks + 1)[:, None] - 4) / 40, 0, 1)
    with_ = np.where(child, 255, np.clip(without.astype(float) + lift, 0, 100)).astype(np.uint8)
    events_without = _events(people, weeks, 9, 0.08)
    events_with = dict(events_without)
    if not off and gain:
        events_with["what"] = np.where((events_with["what"] == 2) & (np.arange(len(events_with["what"])) % 3 == 0), 1,
                                       events_with["what"]).astype(np.uint8)
    series = [_series(without, events_without, 0.0), _series(with_, events_with, 0.0 if off else gain / 200)]
    change, change_with = (np.diff(rows.T, axis=1, prepend=np.uint8(0)) for rows in (without, with_))
    met = np.packbits(ORDER.random((people, weeks)) < 0.4, axis=1)
    sessions = np.arange(1, weeks, 4)
    seats = min(30, int(taking_part.sum()))
    start = np.arange(len(sessions) + 1, dtype=np.uint32) * seats
    seated = np.concatenate([ORDER.choice(np.flatnonzero(taking_part), seats, replace=False) for _ in sessions])
    all_planes = [*planes.items()]
    all_planes += [("bundle", ORDER.integers(0, 40, (len(quarters), len(quarters))).astype(np.uint32))]
    all_planes += [("att.without", change), ("att.with", change_with - change)]
    all_planes += [("met.without", met), ("met.with", np.zeros_like(met))]
    for arm, table, events in (("without", series[0], events_without), ("with", series[1], events_with)):
        all_planes.append((f"series.{arm}", table))
        if villages:
            wide = np.array([0.8, 0.9, 1.0, 1.1, 1.2], np.float32)
            shown = np.where([[m.flow] for m in MEASURES.values()], np.nan_to_num(table).cumsum(axis=1), table)
            all_planes.append((f"fan.{arm}", (shown[:, None, :] * wide[None, :, None]).astype(np.float32)))
        all_planes += [(f"event.{arm}.{name}", column) for name, column in events.items()]
    if not off:
        all_planes += [
            ("session.week", sessions.astype(np.uint16)),
            ("session.label", (np.arange(len(sessions)) % 2).astype(np.uint8)),
            ("session.what", (np.arange(len(sessions)) % 2).astype(np.uint8)),
            ("session.start", start),
            ("session.people", seated.astype(np.uint32)),
        ]
    spent = np.where(np.arange(weeks + 1) % 4 == 0, 0 if off else 600, 0).astype(np.float32)
    all_planes.append(("money.weekly", spent))
    known = place.programmes[programme]
    differences = np.sort(ORDER.normal(-gain / 7, 4, 100).round())
    header = {
        "version": 1,
        "scenario": scenario,
        "title": dict(titles or place.title),
        "description": dict(place.description),
        "modelled_on": str(place.title.get("en", scenario)),
        "programme": {"name": programme, "title": dict(known.title)},
        "seed": 1,
        "weeks": weeks,
        "scale": 100,
        "headline": ["violent"],
        "start": "2019-03-04",
        "people": people,
        "communities": [{"key": k, "title": dict(c.title)} for k, c in place.communities.items()],
        "villages": [{"key": k, "title": dict(v.title)} for k, v in place.villages.items()],
        "quarters": quarters,
        "places": [
            {"kind": kind, "x": int(quarters[0]["rect"][2]) + 400, "y": 9000 + 12000 * at, "village": 0}
            for at, kind in enumerate(("mosque", "school", "office", "bazaar"))
        ],
        "roles": list(ROLES),
        "dispute_kinds": list(DISPUTE_KINDS),
        "measures": [
            {
                "name": m.name, "unit": m.unit, "better": m.better, "flow": m.flow,
                "decimals": 0 if m.unit in {"count", "people", "USD"} else 1 if m.unit == "0-10" else 2,
            }
            for m in MEASURES.values()
        ],
        "labels": [
            {"label": "platform", "kind": "dialogue_platform", "title": {}},
            {"label": "mediation", "kind": "training", "title": {}},
        ],
        "money": {
            "budget": 18000,
            "lines": [] if off else [
                {"label": "platform", "line": "session", "usd": 6800.0},
                {"label": "mediation", "line": "training", "usd": 4400.0},
            ],
        },
        "survey": {
            "n": 400, "measure": "attitude", "nothing": 0.44, "with": 0.46, "low": -0.03, "high": gain / 200,
            "sees": gain < 0,
        },
        "worse_off": [] if off else [
            {
                "by": "community", "group": next(iter(place.communities)), "measure": "attitude",
                "without": 0.46, "with": 0.45 - gain / 1000,
            }
        ],
        "assumptions": {
            "count": {"A": 41, "D": 12, "F": 20, "M-m": 9},
            "top": [
                {"path": "ties.kin.chance", "value": 0.6, "unit": "per week", "range": [0.3, 0.9], "mark": "A",
                 "source": "own", "meaning": "chance that the two meet in a week"},
            ],
        },
        "choices": [
            {"name": "platform.seats", "value": 30, "low": 0, "high": 120, "step": 5, "unit": "people",
             "meaning": "invited to each session", "label": "platform", "kind": "dialogue_platform"},
            {"name": "platform.balance", "value": 0.8, "low": 0, "high": 1, "step": 0.1, "unit": "0-1",
             "meaning": "1: as many from each community; 0: as in the population", "label": "platform",
             "kind": "dialogue_platform"},
        ],
        "shocks": [{"key": "drought", "week": 30, "on": False}, {"key": "rumour", "week": 40, "on": False}],
    }
    if villages:
        header["villages_of_100"] = {
            "n": 100,
            "violent": {"fewer": int((differences < 0).sum()), "same": int((differences == 0).sum()),
                        "more": int((differences > 0).sum()), "values": [[30.0, 30.0 + float(d)] for d in differences]},
        }
    return packed(header, all_planes)
