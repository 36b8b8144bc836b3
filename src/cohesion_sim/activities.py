"""The closed list of channels through which anything may act on people, and the protocol of those who act.

An intervention (chosen, in a programme) or a shock (unchosen, in a scenario) never writes to people. Each week it
returns `Activities`; the model alone turns them into encounters, skills, norms and money. Rows are positions of
residents in the population's arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]


def no_rows() -> Rows:
    """Return an empty set of residents."""
    return np.empty(0, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """People who sit together: each talks with those ``partners // 2`` seats to the left and right in ``people``.

    ``setting`` runs from -1 (adversarial) over 0 (as in the street) to 1 (co-operative, well facilitated).
    ``leaders`` marks a meeting of those who speak for communities: it strengthens the channel between leaders.
    """

    people: Rows
    partners: int
    setting: float
    leaders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Mediation skill taught: each of ``people`` rises to at least ``skill`` (0-1)."""

    people: Rows
    skill: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageLesson:
    """A week of a language course: ``share`` is the weekly chance that a learner comes to speak it well."""

    people: Rows
    language: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What an audience is shown that people like them approve.

    ``topic`` is "others" (dealing with other communities; moves the perceived norm towards 1) or "marriage"
    (early marriage; moves the household's perceived approval towards 0). ``strength`` is the share of the gap closed.
    """

    people: Rows
    topic: str
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Religious ``leaders`` speak this week as if their attitude to all others were at least ``attitude``."""

    leaders: Rows
    attitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """People who stop listening to their religious leader for good."""

    people: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Mediators on call this week: an institution gives them the cases brought to it. Only skill helps."""

    people: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """How far the crime-prevention centre works this week, 0-1; the highest of all counts."""

    activity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Trusted adults present where youth meet: chance 0-1 that one is there when a quarrel of these youths starts."""

    people: Rows
    presence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service delivered (``good`` > 0) or failed (< 0) to residents: events in their trust in local government."""

    people: Rows
    good: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Incentive:
    """An incentive to stay at school is paid this week for these girls."""

    people: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Religious ``leaders`` refuse the rite for under-age girls with this probability this week."""

    leaders: Rows
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Hurt done: shares lost (0-1) of security, participation and attitude, and grievance added.

    The attitude lost is that to ``community``, or to all others (-1).
    """

    people: Rows
    security: float = 0.0
    participation: float = 0.0
    attitude: float = 0.0
    grievance: float = 0.0
    community: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """A factor on the rate of a kind of dispute this week ("all" for every kind)."""

    kind: str
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident from outside between two residents: kind, and level (0 blows, 1 group fight, 2 crowd)."""

    first: int
    second: int
    kind: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Seasonal migrants who are at home this week whatever the season."""

    people: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Money spent this week: ``line`` of the budget and USD; ``own`` is the part the municipality pays itself."""

    line: str
    usd: float
    own: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """All that one intervention or shock does in one week. Every channel may be empty.

    ``attended`` are the people who took part in person (counted as participants, exposed to backlash once, on their
    first time), ``reached`` those who were in the audience; ``enrol`` are remembered by the model and handed back as
    ``people.enrolled`` to the same label in later weeks.
    """

    meetings: tuple[Meeting, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    languages: tuple[LanguageLesson, ...] = ()
    signals: tuple[Signal, ...] = ()
    voices: tuple[Voice, ...] = ()
    departures: tuple[Departure, ...] = ()
    duties: tuple[Duty, ...] = ()
    centres: tuple[Centre, ...] = ()
    watches: tuple[Watch, ...] = ()
    services: tuple[Service, ...] = ()
    incentives: tuple[Incentive, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    harms: tuple[Harm, ...] = ()
    pressures: tuple[Pressure, ...] = ()
    incidents: tuple[Incident, ...] = ()
    returns: tuple[Return, ...] = ()
    costs: tuple[Cost, ...] = ()
    attended: Rows = field(default_factory=no_rows)
    reached: Rows = field(default_factory=no_rows)
    enrol: Rows = field(default_factory=no_rows)


NOTHING = Activities()
"""A week in which nothing is done."""


class PeopleView(Protocol):
    """What an actor may see of the residents: read-only arrays, one row a person. Shapes: (n,) unless said."""

    n: int
    village: NDArray[np.int16]
    quarter: NDArray[np.int32]
    household: NDArray[np.int32]
    age: NDArray[np.float32]  # years, this week
    female: NDArray[np.bool_]
    community: NDArray[np.int8]  # index into community_names
    confession: NDArray[np.int8]
    school: NDArray[np.int16]  # -1: no pupil
    congregation: NDArray[np.int16]  # -1: none
    listens_in: NDArray[np.int16]  # congregation whose leader one listens to, -1: none (leaders themselves too)
    role: NDArray[np.int8]  # index into population.ROLES: resident, official, religious leader, activist
    body: NDArray[np.int8]  # index into population.BODIES: none, staff, council, village head, …
    away: NDArray[np.bool_]  # works abroad this week
    speaks: NDArray[np.uint8]  # bit l: speaks language_names[l] well
    participation: NDArray[np.float32]  # 0-1, how active in public life lately
    skill: NDArray[np.float32]  # 0-1, mediation skill
    attendance: NDArray[np.int32]  # activities joined so far
    married: NDArray[np.bool_]  # girls married before 18
    community_names: tuple[str, ...]
    village_names: tuple[str, ...]
    language_names: tuple[str, ...]
    majority: int  # index of the largest community
    enrolled: Rows  # those this label enrolled earlier
    offered: NDArray[np.bool_] | None  # whom this label may invite at all (a trial's assignment); None: everybody
    week_of_year: int  # 1-53


class Draws(Protocol):
    """Random numbers of one label: each belongs to (seed, label, decision, week, entity), never to call order."""

    def uniform(self, decision: str, week: int, entities: Rows) -> NDArray[np.float32]:
        """Return one number in [0, 1) for each entity."""
        ...

    def shuffled(self, decision: str, week: int, entities: Rows) -> Rows:
        """Return the entities in random order; the same entity keeps its number whoever else is listed."""
        ...


class Actor(Protocol):
    """An intervention or a shock: a frozen dataclass of choices and facts with one method."""

    act: Callable[[int, PeopleView, Draws], Activities]
