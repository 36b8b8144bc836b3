"""A made-up result of the exact shape that a study hands back, with noise that is shared between the arms."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from cohesion_sim.measures import AGES, MEASURES
from cohesion_sim.parameters import Fact, Provenance
from cohesion_sim.scenario import Community, Measurement, Programme, Scenario, Village
from cohesion_sim.studies.results import Result
from cohesion_sim.studies.surveyed import COLUMNS
from cohesion_sim.studies.surveyed import MEASURES as MEASURES_ASKED

COMMUNITIES = {"kyrgyz_head": 0.5, "kyrgyz_tail": 0.35, "uzbek": 0.1, "turk": 0.05}
VILLAGES = {f"village_{i}": share for i, share in enumerate((0.3, 0.25, 0.15, 0.12, 0.1, 0.08), start=1)}
KINDS = ("family", "land_water", "neighbour", "youth", "inter_community", "religious")
NOT_BY_GROUP = ("polarisation", "spread", "spending")
START = {
    "open": 20.0,
    "mediators": 8.0,
    "attended": 60.0,
    "reached": 300.0,
    "cohesion": 5.1,
    "polarisation": 0.2,
}
RATES = {"violent": 2.6, "disputes": 8.5, "registered": 1.7, "settled": 5.0, "unresolved": 1.5, "blows": 10.0}


def noise(*keys: Any) -> np.ndarray:
    """Return reproducible standard normal numbers, one for each broadcast combination of integer keys."""
    total = sum(
        np.asarray(key, float) * step
        for key, step in zip(keys, (12.9898, 78.233, 37.719, 93.989), strict=False)
    )
    u, v = (np.modf(np.abs(np.sin(total + shift)) * 43758.5453)[0] for shift in (0.1, 0.7))
    return np.sqrt(-2 * np.log(1 - u * 0.999999)) * np.cos(2 * np.pi * v)


def groups() -> list[tuple[str, str, float]]:
    """Return by, group and share of the residents."""
    rows = [("all", "all", 1.0), ("sex", "women", 0.51), ("sex", "men", 0.49)]
    rows += [("age", age, share) for age, share in zip(AGES, (0.3, 0.26, 0.36, 0.08), strict=True)]
    rows += [("community", key, share) for key, share in COMMUNITIES.items()]
    return rows + [("village", key, share) for key, share in VILLAGES.items()]


def weekly(
    programmes: Mapping[str, Mapping[str, float]],
    weeks: int = 104,
    replications: int = 20,
    size: int = 12_000,
) -> pd.DataFrame:
    """Return the weekly table; ``programmes`` maps names to shifts (share of flows, units of stocks)."""
    kept = [(by, group, share) for by, group, share in groups()]
    r, w, g = np.meshgrid(
        np.arange(replications), np.arange(1, weeks + 1), np.arange(len(kept)), indexing="ij"
    )
    shares = np.array([share for *_, share in kept])[g]
    parts = []
    for place, (programme, shifts) in enumerate({"nothing": {}, **programmes}.items(), start=1):
        table: dict[str, Any] = {
            "programme": programme,
            "replication": r.ravel(),
            "week": w.ravel(),
            "by": np.array([by for by, *_ in kept])[g].ravel(),
            "group": np.array([group for _, group, _ in kept])[g].ravel(),
            "residents": np.round(size * shares).astype(int).ravel(),
        }
        for number, (name, measure) in enumerate(MEASURES.items()):
            common = noise(r, w if measure.flow else 0 * w, g, number)
            own = noise(r, w, g, number + 57 * place) if shifts else 0.0
            shift = shifts.get(name, 0.0) * np.minimum(w / 26, 1.0)
            if name == "spending":
                values = np.where(w <= 52, shifts.get(name, 0.0) / 52, 0.0) * np.ones_like(shares)
            elif measure.flow:
                rate = RATES.get(name, 1.2) * size * shares / 1000 / 52
                values = np.maximum(np.round(rate * (1 + shift) + np.sqrt(rate) * (common + 0.2 * own)), 0)
            else:
                values = START.get(name, 0.5) + shift + 0.02 * common + 0.002 * own
            table[name] = np.where((g > 0) & (name in NOT_BY_GROUP), np.nan, values).ravel()
        parts.append(pd.DataFrame(table))
    frame = pd.concat(parts, ignore_index=True)
    for column in ("programme", "by", "group"):
        frame[column] = pd.Categorical(frame[column], categories=list(dict.fromkeys(frame[column])))
    return frame


def filled(cls: type) -> Any:
    """Return a section of the scenario with every number at its lower limit or a plain value."""
    hints = get_type_hints(cls, include_extras=True)
    missing = dataclasses.MISSING
    needed = [
        f.name for f in dataclasses.fields(cls) if f.default is missing and f.default_factory is missing
    ]
    return cls(**{name: _value(hints[name]) for name in needed})


def _value(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        bare = get_args(hint)[0]
        fact = next((extra for extra in hint.__metadata__ if isinstance(extra, Fact)), None)
        return bare(fact.low) if fact and bare in (int, float) else _value(bare)
    if dataclasses.is_dataclass(hint):
        return filled(hint)
    origin = get_origin(hint)
    if origin is tuple:
        return (1 / 14,) * 14
    if origin in (dict, Mapping) or origin is UnionType:
        return {}
    return {str: "text", int: 104, float: 0.5, datetime.date: datetime.date(2019, 3, 1)}[hint]


def scenario(programmes: tuple[str, ...] = ("project",)) -> Scenario:
    """Return a scenario with titles, measurement, provenance and sources, everything else plain."""
    plain = filled(Scenario)
    provenance = {
        "people.size": Provenance(
            12000, "people", "residents", "fact", (8000, 18000), "A", "B15", "no table found", "z.toml", 3
        ),
        "contact.gain": Provenance(
            0.005,
            "share of the gap",
            "gain <of> contact",
            "fact",
            (0.001, 0.015),
            "A",
            "setting",
            "",
            "c.toml",
            9,
        ),
        "marriage.incentive": Provenance(
            0.32, "share a year", "stop", "fact", (0.15, 0.5), "F", "C71", "13 of 40", "c.toml", 12
        ),
        "economy.som_per_usd": Provenance(70, "som", "rate", "fact", None, "M-h", "C29", "", "c.toml", 20),
        "programmes.project.platform.seats": Provenance(
            30, "people", "invited", "choice", None, None, None, "", "z.toml", 50
        ),
    }
    return dataclasses.replace(
        plain,
        name="zhazy",
        title={"en": "Zhazy", "ru": "Жазы", "ky": "Жазы"},
        description={"en": "A rural municipality with irrigated farming.", "ru": "Сельский айыл окмоту."},
        measurement=Measurement(
            survey=400, cluster=20, icc=0.1, reliability=0.6, response=0.8, desirability=0.1, shock=0.05, items=1
        ),
        communities={
            key: dataclasses.replace(filled(Community), title={"en": key.replace("_", " ").title()})
            for key in COMMUNITIES
        },
        villages={
            key: dataclasses.replace(filled(Village), title={"en": key.replace("_", " ").title()})
            for key in VILLAGES
        },
        programmes={
            name: Programme(name=name, title={"en": name.replace("_", " ").capitalize()})
            for name in programmes
        },
        provenance=provenance,
        sources={
            "C71": "https://vb.kg/doc/169797",
            "C29": "https://24.kg/english/109798",
            "B15": "district table",
            "Z9": "unused",
        },
        text='name = "zhazy"\n',
    )


PROJECT = {
    "violent": -0.12, "marriages": -0.05, "cohesion": 0.05, "trust": 0.01, "attitude": 0.004,
    "security": 0.003, "norm": 0.01, "acceptance": 0.006, "contact": 0.008, "participation": 0.004,
    "spending": 18_000.0,
}  # fmt: skip


def result(
    programmes: Mapping[str, Mapping[str, float]] | None = None, weeks: int = 104, replications: int = 20
) -> Result:
    """Return a whole made-up result."""
    shifts = {"project": PROJECT} if programmes is None else programmes
    runs = [(name, replication) for name in ("nothing", *shifts) for replication in range(replications)]
    disputes, money, participants = [], [], []
    for name, replication in runs:
        shift = shifts.get(name, {})
        for place, kind in enumerate(KINDS):
            arisen = round(60 / (1 + place) + 4 * float(noise(replication, place)))
            violent = round(arisen * 0.3 * (1 + shift.get("violent", 0.0)))
            settled = round(arisen * 0.5)
            rest = arisen - violent - settled
            disputes.append(
                (
                    name,
                    replication,
                    kind,
                    arisen,
                    round(arisen * 0.2),
                    round(arisen * 0.05),
                    settled,
                    violent,
                    rest - 1,
                    1,
                )
            )
        if name == "nothing":
            continue
        cost = shift.get("spending", 0.0)
        money += [
            (name, replication, "platform", "sessions", cost * 0.6, 0.0),
            (name, replication, "training", "days", cost * 0.4, cost * 0.05),
        ]
        for who, people, size in (("took part", 60, 0.05), ("reached", 300, 0.02), ("others", 11_640, 0.003)):
            moved = [size * (1 + 0.2 * float(noise(replication, people, k))) for k in range(4)]
            participants.append((name, replication, who, people, *moved))
    asked = [
        (name, number, measure, 0.5, 0.5 + moved, moved, moved - 0.07, moved + 0.07, abs(moved) > 0.07)
        for name, shift in shifts.items()
        for number in range(replications)
        for k, measure in enumerate(MEASURES_ASKED)
        for moved in [shift.get(measure, 0.0) + 0.035 * float(noise(number, k, 3))]
    ]
    people = [("age", f"{low}-{low + 4}", 1 / 13, 1 / 13 + 0.002, "share") for low in range(0, 65, 5)] + [
        ("size", "all", 12_000.0, 12_000.0, "people"),
        ("dissimilarity", "all", 0.6, 0.605, "index 0-1"),
    ]
    people += [("community", key, share, share - 0.001, "share") for key, share in COMMUNITIES.items()]
    made = scenario(tuple(shifts))
    endings = ["arisen", "registered", "mediated", "settled", "violent", "unresolved", "open"]
    return Result(
        scenario=made,
        programmes=tuple(shifts),
        weeks=weeks,
        replications=replications,
        seed=1,
        weekly=weekly(shifts, weeks, replications),
        disputes=pd.DataFrame(disputes, columns=["programme", "replication", "kind", *endings]),
        money=pd.DataFrame(money, columns=["programme", "replication", "label", "line", "usd", "own"]),
        participants=pd.DataFrame(
            participants,
            columns=["programme", "replication", "who", "people", "attitude", "norm", "trust", "security"],
        ),
        survey=pd.DataFrame(asked, columns=list(COLUMNS)),
        people=pd.DataFrame(people, columns=["property", "group", "target", "achieved", "unit"]),
        failures=pd.DataFrame({"programme": [], "replication": [], "stage": [], "message": []}),
        seconds={"population": 0.4, "runs": 6.2},
    )
