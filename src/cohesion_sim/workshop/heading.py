"""The header of a film: what is shown beside the frames, in names and numbers; the page puts them into words."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import numpy as np

from cohesion_sim.files import shipped
from cohesion_sim.measures import MEASURES, Measure
from cohesion_sim.model import find_programme
from cohesion_sim.municipality import DISPUTE_KINDS
from cohesion_sim.population import ROLES
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import surveyed
from cohesion_sim.studies.effects import LAST
from cohesion_sim.workshop.choices import WHAT_IF, Asked, controls, shocks_of
from cohesion_sim.workshop.film import SCALE, Twin, asked_shocks, labels

VERSION = 1
_TOP = 12  # assumptions that are listed
_WORSE = 0.005  # on a scale from 0 to 1: half of what is shown as one hundredth
_STATES = ("attitude", "norm", "trust", "security", "participation", "acceptance")
_MOST_WORSE = 6


def heading(twin: Twin, asked: Asked | None = None) -> dict[str, Any]:
    """Return the header of a film without its planes."""
    scenario, start = twin.scenario, twin.start
    return {
        "version": VERSION,
        "scale": SCALE,
        "scenario": scenario.name,
        "title": dict(scenario.title),
        "description": dict(scenario.description),
        "modelled_on": scenario.title.get("en", scenario.name),
        "programme": _programme(scenario, asked.programme if asked else twin.programme.name),
        "off": not twin.programme.interventions,
        "seed": twin.seed,
        "weeks": scenario.weeks,
        "start": scenario.start.isoformat(),
        "people": start.people.n,
        "headline": list(scenario.headline),
        "communities": [{"key": key, "title": dict(one.title)} for key, one in scenario.communities.items()],
        "villages": [{"key": key, "title": dict(one.title)} for key, one in scenario.villages.items()],
        "quarters": twin.map.quarters,
        "places": twin.map.places,
        "roles": list(ROLES),
        "dispute_kinds": list(DISPUTE_KINDS),
        "measures": [_measure(measure) for measure in MEASURES.values()],
        "labels": labels(scenario, twin.programme),
        "money": _money(twin),
        "survey": _survey(twin),
        "worse_off": _worse_off(twin),
        "assumptions": assumptions(scenario),
        "choices": _choices(scenario, asked) if asked else [],
        "shocks": _shocks(scenario),
    }


def _programme(scenario: Scenario, name: str) -> dict[str, Any]:
    programme = find_programme(scenario, name)
    return {"name": name, "title": dict(programme.title), "description": dict(programme.description)}


def _measure(measure: Measure) -> dict[str, Any]:
    """Return what the page must know of a measure; ``decimals`` are those of the report."""
    whole = measure.unit in {"count", "people", "USD"}
    decimals = 0 if whole else 1 if measure.unit == "0-10" else 2
    return {
        "name": measure.name, "unit": measure.unit, "better": measure.better, "flow": measure.flow,
        "decimals": decimals,
    }  # fmt: skip


def _money(twin: Twin) -> dict[str, Any]:
    """Return the budget and what was spent on each line over the whole run."""
    lines = [
        {"label": label, "line": line, "usd": round(usd, 2), "own": round(own, 2)}
        for (label, line), (usd, own) in sorted(twin.with_.money.items())
    ]
    return {"budget": twin.scenario.economy.budget, "lines": lines}


def _survey(twin: Twin) -> dict[str, Any]:
    """Return what ordinary surveys of both sides at the end would have shown; empty when nobody can be asked."""
    weeks = twin.scenario.weeks
    both = [surveyed.survey(twin.start, arm.final, name, weeks)
            for name, arm in (("nothing", twin.without), (twin.programme.name, twin.with_))]  # fmt: skip
    rows = surveyed.compared(twin.programme.name, 0, *both)
    told = [
        {
            "measure": row["measure"],
            **{name: round(float(row[name]), 4) for name in ("nothing", "with", "difference", "low", "high")},
            "sees": bool(row["significant"]),
        }
        for row in rows
        if np.isfinite([row["difference"], row["low"], row["high"]]).all()
    ]
    if not told:
        return {}
    return {"n": twin.scenario.measurement.survey, **told[0], "all": told}


def _worse_off(twin: Twin) -> list[dict[str, Any]]:
    """Return groups for whom a state was worse with the programme in the last weeks, the worst first."""
    names = list(MEASURES)
    last = min(LAST, twin.scenario.weeks)
    groups = twin.start.groups.names
    with np.errstate(all="ignore"):
        without, with_ = (arm.groups[-last:].mean(axis=0) for arm in (twin.without, twin.with_))
    found = []
    for g, (by, group) in enumerate(groups):
        for name in _STATES:
            one, two = float(without[g, names.index(name)]), float(with_[g, names.index(name)])
            if by != "all" and two - one < -_WORSE:
                row = {"by": by, "group": group, "measure": name, "without": round(one, 4), "with": round(two, 4)}
                found.append((two - one, row))
    return [row for _, row in sorted(found, key=lambda each: each[0])[:_MOST_WORSE]]


def _choices(scenario: Scenario, asked: Asked) -> list[dict[str, Any]]:
    """Return the controls of the programme with the values they now have, and from which week on."""
    now = dict(asked.changes[-1][1]) if asked.changes else {}
    since = asked.changes[-1][0] if asked.changes else 0
    out = []
    for control in controls(scenario, find_programme(scenario, asked.programme)):
        moved = control.name in now
        told = control.told()
        out.append({**told, "planned": control.value, "value": now.get(control.name, control.value),
                    "from_week": since if moved else 0})  # fmt: skip
    return out


def _shocks(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the shocks one may ask about, and which are on in what week."""
    on = asked_shocks(scenario)
    return [{**one, "on": one["key"] in on, "week": on.get(one["key"], one["week"])} for one in shocks_of(scenario)]


def assumptions(scenario: Scenario) -> dict[str, Any]:
    """Return how many numbers carry each mark, and the uncertain ones on which the results hang most."""
    unasked = f"shocks.{WHAT_IF}"
    known = {path: each for path, each in scenario.provenance.items() if each.mark and not path.startswith(unasked)}
    marks = [str(number.mark) for number in known.values()]
    order = _weight()
    uncertain = [path for path, number in known.items() if number.mark not in {"F", "D"} and path in order]
    listed = sorted(uncertain, key=lambda path: -order[path])[:_TOP]
    return {
        "count": {mark: marks.count(mark) for mark in sorted(set(marks))},
        "top": [
            {
                "path": path, "value": known[path].value, "unit": known[path].unit,
                "range": list(known[path].range or ()), "mark": known[path].mark, "source": known[path].source or "",
                "meaning": known[path].meaning,
            }
            for path in listed
        ],
    }  # fmt: skip


@cache
def _weight() -> dict[str, float]:
    """Return how far each number moves the effects (experiments/sensitivity.csv), the sum over effects.

    Each effect is taken against the farthest that it is moved.
    """
    path = shipped("experiments") / "sensitivity.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{k: v for k, v in row.items() if v != ""} for row in csv.DictReader(file)]
    columns = [name for name in rows[0] if name not in {"name", "end", "value"}]
    usual = next(row for row in rows if row.get("end") == "default")
    names = [row["name"] for row in rows if row is not usual]
    moved = np.array([[abs(float(row[c]) - float(usual[c])) for c in columns] for row in rows if row is not usual])
    share = (moved / np.maximum(moved.max(axis=0), 1e-12)).sum(axis=1)
    out: dict[str, float] = {}
    for name, weight in zip(names, share.tolist(), strict=True):
        out[name] = max(out.get(name, 0.0), weight)
    return out
