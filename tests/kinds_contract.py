"""The contract that every kind of intervention and shock keeps, and a small made-up town to try it in."""

from __future__ import annotations

import ast
import dataclasses
import math
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from cohesion_sim.activities import NOTHING, Activities
from cohesion_sim.parameters import Choice, Declared
from cohesion_sim.population import BODIES, ROLES

KINDS_OF_DISPUTE = {"family", "land_water", "neighbour", "youth", "inter_community", "religious", "all"}
MASK = np.uint64(0xFFFFFFFFFFFFFFFF)


class Hash:
    """Draws from a mixed checksum: each number belongs to seed, label, decision, week and person."""

    def __init__(self, label: str = "a", seed: int = 1) -> None:
        self.label, self.seed = label, seed

    def uniform(self, decision: str, week: int, entities: np.ndarray) -> np.ndarray:
        start = zlib.crc32(f"{self.seed}/{self.label}/{decision}/{week}".encode())
        with np.errstate(over="ignore"):
            z = np.asarray(entities, np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
                start
            ) * np.uint64(0xD1342543DE82EF95)
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor) & MASK
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.float32) / np.float32(2**24)

    def shuffled(self, decision: str, week: int, entities: np.ndarray) -> np.ndarray:
        order = np.argsort(self.uniform(decision, week, entities), kind="stable")
        return np.asarray(entities, np.int32)[order]


@dataclasses.dataclass(frozen=True)
class Town:
    """A `PeopleView`; every array refuses to be written to."""

    age: np.ndarray
    female: np.ndarray
    household: np.ndarray
    quarter: np.ndarray
    village: np.ndarray
    community: np.ndarray
    confession: np.ndarray
    school: np.ndarray
    congregation: np.ndarray
    listens_in: np.ndarray
    role: np.ndarray
    body: np.ndarray
    away: np.ndarray
    speaks: np.ndarray
    participation: np.ndarray
    skill: np.ndarray
    attendance: np.ndarray
    married: np.ndarray
    enrolled: np.ndarray = dataclasses.field(default_factory=lambda: np.empty(0, np.int32))
    offered: np.ndarray | None = None
    week_of_year: int = 10
    community_names: tuple[str, ...] = ("kyrgyz", "dungan", "russian")
    village_names: tuple[str, ...] = ("seat", "far")
    language_names: tuple[str, ...] = ("kyrgyz", "russian")
    majority: int = 0

    def __post_init__(self) -> None:
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.flags.writeable = False

    @property
    def n(self) -> int:
        return len(self.age)

    def but(self, **changes: Any) -> Town:
        return dataclasses.replace(self, **changes)


def town(n: int = 600) -> Town:
    """Return a made-up town of ``n`` people: households of five, quarters of six households, two villages."""
    row = np.arange(n)

    def u(name: str) -> np.ndarray:
        return Hash("town").uniform(name, 0, row)

    household = row // 5
    quarter = household // 6
    community = ((quarter % 3 == 1).astype(int) + 2 * (u("russian")[household * 5] < 0.15)).clip(0, 2)
    village = np.where(quarter < quarter.max() * 0.7, 0, 1)
    age = np.where(row % 5 < 2, 20 + u("old") * 55, u("young") * 24).astype(np.float32)
    adult = age >= 25
    body = np.zeros(n, int)
    free = list(np.argsort(u("body")))
    for name, number in (
        ("staff", 8),
        ("council", 6),
        ("village_head", 2),
        ("religious_leader", 5),
        ("womens_council", 6),
        ("youth_committee", 5),
        ("elders_court", 5),
        ("teacher", 4),
    ):
        chosen = [i for i in free if adult[i] and body[i] == 0][:number]
        body[chosen] = BODIES.index(name)
    role = np.array([0, 1, 1, 1, 2, 3, 3, 3, 3])[body]
    speaks = (u("kyrgyz") < np.array([0.97, 0.2, 0.1])[community]).astype(np.uint8) + 2 * (
        u("rus") < 0.8
    ).astype(np.uint8)
    congregation = np.where(u("prays") < 0.6, community, -1).astype(np.int16)
    return Town(
        age=age,
        female=u("female") < 0.5,
        household=household.astype(np.int32),
        quarter=quarter.astype(np.int32),
        village=village.astype(np.int16),
        community=community.astype(np.int8),
        confession=((community == 2) | (u("converts")[household * 5] < 0.1)).astype(np.int8),
        school=np.where((age >= 7) & (age < 18), village, -1).astype(np.int16),
        congregation=congregation,
        listens_in=np.where(role == 2, -1, congregation).astype(np.int16),
        role=role.astype(np.int8),
        body=body.astype(np.int8),
        away=(u("away") < 0.2) & (age >= 20) & (age < 36) & (role == 0),
        speaks=speaks.astype(np.uint8),
        participation=u("participation"),
        skill=np.zeros(n, np.float32),
        attendance=(u("attendance") * 3).astype(np.int32),
        married=np.zeros(n, np.bool_),
    )


NAMES = {"village": "village_names", "language": "language_names", "against": "community_names"}
CAPS = {
    "week": 30,
    "weeks": 30,
    "people": 60,
    "years": 40,
    "number": 8,
    "clubs": 4,
    "households": 40,
    "days": 5,
}


def setting(cls: type, number: int, **fixed: Any) -> Any:
    """Return the ``number``-th of an endless list of admissible settings; every fifth takes limits."""
    here = town(10)
    given: dict[str, Any] = {}
    for place, (name, hint) in enumerate(get_type_hints(cls, include_extras=True).items()):
        u = float(Hash("setting", number).uniform(f"{cls.__name__} {name}", 0, np.array([place]))[0])
        inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        declared = next((extra for extra in get_args(hint)[1:] if isinstance(extra, Declared)), None)
        if name in fixed:
            given[name] = fixed[name]
        elif inner is bool:
            given[name] = u < 0.5
        elif get_origin(inner) is Literal:
            options = get_args(inner)
            given[name] = options[int(u * len(options))]
        elif inner is str:
            options = ("", *getattr(here, NAMES[name]))
            given[name] = options[int(u * len(options))]
        else:
            assert declared is not None
            low, high = declared.low, declared.high
            high = min(high, max(low, CAPS.get(declared.unit.split()[0], high)))
            value = (low, high)[u < 0.5] if number % 5 == 0 else low + u * (high - low)
            given[name] = round(value) if inner is int else float(value)
    return cls(**given)


def weeks_of(kind: Any, people: Town, draws: Hash, weeks: int) -> Iterator[tuple[int, Town, Activities]]:
    """Yield week, people, activities: people age, go abroad, girls marry, those enrolled are remembered."""
    enrolled = np.empty(0, np.int32)
    for week in range(weeks):
        away = people.away if 10 <= week % 52 < 40 else np.zeros(people.n, np.bool_)
        age = people.age + np.float32(week / 52)
        weds = people.female & (age >= 14) & (age < 18) & (np.arange(people.n) % 3 == 0)
        now = people.but(
            age=age,
            away=away.copy(),
            married=people.married | (weds & (week >= 8)),
            enrolled=enrolled.copy(),
            week_of_year=week % 52 + 1,
        )
        done = kind.act(week, now, draws)
        yield week, now, done
        enrolled = np.union1d(enrolled, done.enrol).astype(np.int32)


def same(a: Any, b: Any) -> bool:
    """Return whether two activities (or parts of them) are equal, arrays included."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a)
        )
    if isinstance(a, tuple):
        return (
            isinstance(b, tuple) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
        )
    return a == b


def partners_of(seats: int, partners: int) -> set[tuple[int, int]]:
    """Return who talks with whom round a table, by seat."""
    reach = partners // 2
    return {(i, (i + d) % seats) for i in range(seats) for d in range(-reach, reach + 1) if d}


def check_rows(rows: np.ndarray, people: Town) -> None:
    assert rows.dtype == np.int32
    assert rows.ndim == 1
    assert len(rows) == 0 or (rows.min() >= 0 and rows.max() < people.n), "not a resident"
    assert len(np.unique(rows)) == len(rows), "somebody is listed twice"


def within(value: float, low: float, high: float) -> None:
    assert math.isfinite(value)
    assert low <= value <= high


LIMITS = {
    "setting": (-1, 1),
    "good": (-100, 100),
    "factor": (0, 1000),
    "usd": (0, math.inf),
    "own": (0, math.inf),
}
"""Limits of the numbers in the channels; every other number is a share or a probability."""


def check_week(done: Activities, people: Town) -> None:
    """Check one week's activities: real residents, each once, amounts within what the channels mean."""
    for channel in dataclasses.fields(Activities):
        value = getattr(done, channel.name)
        if isinstance(value, np.ndarray):
            check_rows(value, people)
            continue
        for item in value:
            for part in dataclasses.fields(item):
                held = getattr(item, part.name)
                if isinstance(held, np.ndarray):
                    check_rows(held, people)
                    assert len(held), f"{channel.name} for nobody"
                elif part.type == "float":
                    low, high = LIMITS.get(part.name, (0, 1))
                    assert math.isfinite(held)
                    assert low <= held <= high, f"{channel.name}: {part.name} = {held}"
    assert not people.away[done.attended].any(), "somebody who is abroad attended"
    check_talk(done, people)
    check_roles(done, people)
    check_trouble(done, people)
    assert all(cost.own <= cost.usd * (1 + 1e-9) for cost in done.costs)


def check_talk(done: Activities, people: Town) -> None:
    """Check who sits with whom, who is taught, who is shown what."""
    for meeting in done.meetings:
        seats = len(meeting.people)
        assert seats >= 2
        assert all(a != b for a, b in partners_of(seats, meeting.partners)), "somebody meets herself"
        assert np.isin(meeting.people, done.attended).all()
        if meeting.leaders:
            speaking = meeting.people[np.isin(people.role[meeting.people], (1, 2))]
            assert len(set(people.community[speaking].tolist())) >= 2
    for language in done.languages:
        bit = people.language_names.index(language.language)
        assert not ((people.speaks[language.people] >> bit) & 1).any(), "taught what she speaks"
    for signal in done.signals:
        assert signal.topic in {"others", "marriage"}
        assert np.isin(signal.people, np.concatenate((done.attended, done.reached))).all()


def check_roles(done: Activities, people: Town) -> None:
    """Check that religious leaders speak and refuse, and that girls get the incentive."""
    leaders = people.role == ROLES.index("religious_leader")
    assert all(leaders[item.leaders].all() for item in (*done.voices, *done.refusals))
    girls = people.female & (people.age >= 14) & (people.age < 18) & ~people.married
    assert all(girls[incentive.people].all() for incentive in done.incentives)


def check_trouble(done: Activities, people: Town) -> None:
    """Check harms, pressures and incidents."""
    for harm in done.harms:
        assert -1 <= harm.community < len(people.community_names)
        assert harm.attitude == 0 or not (people.community[harm.people] == harm.community).any()
    assert {pressure.kind for pressure in done.pressures} <= KINDS_OF_DISPUTE
    for incident in done.incidents:
        assert incident.first != incident.second
        check_rows(np.array([incident.first, incident.second], np.int32), people)
        assert incident.level in {0, 1, 2}
        assert incident.kind in KINDS_OF_DISPUTE - {"all"}


def check_declared(cls: type) -> None:
    """Check the shape of a kind: frozen, slots, every field declared, numbers without default."""
    parameters = cls.__dataclass_params__  # type: ignore[attr-defined]
    assert parameters.frozen
    assert not hasattr(setting(cls, 1), "__dict__")
    hints = get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        assert field.kw_only
        extras = get_args(hints[field.name])[1:] if get_origin(hints[field.name]) is Annotated else ()
        inner = get_args(hints[field.name])[0] if extras else hints[field.name]
        declared = [extra for extra in extras if isinstance(extra, Declared)]
        if inner in (int, float):
            assert len(declared) == 1, field.name
            assert declared[0].low < declared[0].high
            assert declared[0].unit
            assert declared[0].meaning
            assert field.default is dataclasses.MISSING, f"{field.name}: numbers belong in scenario files"
        else:
            assert any(isinstance(extra, str) and extra for extra in extras), f"{field.name}: no meaning"
    assert cls.__doc__


def check_no_luck_of_its_own(cls: type) -> None:
    """Check that the file of a kind, and the pieces beside it, import nothing that draws numbers."""
    folder = Path(str(sys.modules[cls.__module__].__file__)).parent
    for file in (Path(str(sys.modules[cls.__module__].__file__)), *folder.glob("_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert not {"random", "secrets", "uuid", "time", "scipy.stats"} & set(names), file
            assert not (
                isinstance(node, ast.Attribute) and node.attr in {"random", "default_rng", "RandomState"}
            ), file


def check_settings(cls: type, *, weeks: int = 45, settings: int = 25) -> None:
    """Try a kind in random admissible settings: same answers, valid rows, costs, nothing before its start."""
    people = town()
    moved = differed = 0
    for number in range(settings):
        kind = setting(cls, number)
        mine = list(weeks_of(kind, people, Hash("a"), weeks))
        spent = 0.0
        for week, now, done in mine:
            check_week(done, now)
            assert same(kind.act(week, now, Hash("a")), done), "the same question had another answer"
            if week < getattr(kind, "start", 0):
                assert done is NOTHING, "something before it starts"
            spent += sum(cost.usd for cost in done.costs)
            moved += done is not NOTHING
            if hasattr(kind, "planned_cost"):
                assert spent <= kind.planned_cost(week + 1) * (1 + 1e-9), "more spent than planned"
        theirs = weeks_of(kind, people, Hash("b"), weeks)
        differed += not all(same(a[2], b[2]) for a, b in zip(mine, theirs, strict=True))
    assert moved, "no setting did anything"
    assert differed, "two labels always had the same luck"


def check_idle(cls: type, **idle: Any) -> None:
    """Check that a kind with these settings does nothing, costs nothing, whatever the others are."""
    people = town()
    for number in range(10):
        kind = setting(cls, number, **idle)
        assert all(done is NOTHING for _, _, done in weeks_of(kind, people, Hash(), 30))
        if hasattr(kind, "planned_cost"):
            assert kind.planned_cost(30) == 0


def choices(cls: type) -> list[str]:
    """Return the names of the fields that people decide."""
    hints = get_type_hints(cls, include_extras=True)
    return [
        name for name, hint in hints.items() if any(isinstance(extra, Choice) for extra in get_args(hint)[1:])
    ]


LEADERS_ANYWAY = {"early_marriage_prevention": {"refusals", "enrol"}, "leader_message": {"voices"}}
"""Channels of kinds that address religious leaders whether or not they were assigned: their work is with everybody."""


def check_offered(cls: type, *, weeks: int = 45, settings: int = 25) -> None:
    """Check that a kind that may invite only some invites, reaches, teaches and enrols nobody else.

    Religious leaders are the exception, in the channels of `LEADERS_ANYWAY`.
    """
    people = town()
    mask = people.household % 2 == 0
    leaders = people.role == ROLES.index("religious_leader")
    anyway = LEADERS_ANYWAY.get(cls.__module__.rpartition(".")[2], set())
    inside, outside = 0, set()
    for number in range(settings):
        for _, _, done in weeks_of(setting(cls, number), people.but(offered=mask), Hash("a"), weeks):
            for channel in dataclasses.fields(Activities):
                value = getattr(done, channel.name)
                items = () if isinstance(value, np.ndarray) else value
                held = [getattr(item, part.name) for item in items for part in dataclasses.fields(item)]
                for rows in held or [value]:
                    if not isinstance(rows, np.ndarray):
                        continue
                    others = rows[~mask[rows]]
                    inside += len(rows) - len(others)
                    if len(others):
                        outside.add(channel.name)
                        assert leaders[others].all(), f"{channel.name}: somebody who was not offered it"
    assert inside
    assert outside == anyway
