"""The changing state of one run: one array a property, one row a resident."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.activities import Rows, no_rows
from cohesion_sim.kernels.disputes import Docket
from cohesion_sim.municipality import WEEKS_A_YEAR, Municipality, listens_in

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class State:
    """Everything that changes in a run. Arrays have shape (n,) unless said."""

    age: Floats
    here: Flags
    away: Flags
    attitude: Floats  # (n, 8), one column a community
    attitude_next: Floats  # written by the sweep, then exchanged
    norm: Floats
    norm_next: Floats
    others: Floats  # attitude to the other communities at the week's start
    acts: Flags  # acts across the line this week
    met: NDArray[np.int16]  # encounters across communities this week
    well: NDArray[np.int16]  # of these, how many went well
    good: Floats  # good experiences with the municipality
    bad: Floats
    good_start: Floats
    bad_start: Floats
    security: Floats
    grievance: Floats
    skill: Floats
    participation: Floats
    speaks: NDArray[np.uint8]
    listens_in: NDArray[np.int16]  # congregation whose leader one listens to, -1: none
    attendance: NDArray[np.int32]
    attended: Flags
    reached: Flags
    busy: Flags  # took part this week
    witnessed: Flags
    married: Flags
    belief: Floats  # (households,) what the household itself thinks of early marriage
    approval: Floats  # (households,) what it thinks the others approve
    tie_trust: Floats  # (m,)
    became: NDArray[np.uint8]  # (m + 1,) see kernels.encounters; the last one never meets
    present: Flags  # (m,) both are here
    stranger: NDArray[np.int32]  # whom one came across this week
    stranger_how: NDArray[np.uint8]  # what became of it
    voice: Floats
    refusal: Floats
    watched: Floats
    paid: Flags
    excitation: NDArray[np.float32]  # (villages,) disputes still owed to past violence
    channel: float = 0.0  # between leaders of communities, 0-1
    centre: float = 0.0
    docket: Docket
    duty: Rows = field(default_factory=no_rows)
    acquaintances: NDArray[np.int64] = field(
        default_factory=lambda: np.empty(0, np.int64)
    )  # low row · n + high row
    acquaintance_trust: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    acquaintance_start: Floats = field(default_factory=lambda: np.empty(0, np.float32))  # when they first met
    enrolled: dict[str, Rows] = field(default_factory=dict)
    money: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    spent: float = 0.0  # this week


def fresh(municipality: Municipality) -> State:
    """Return the state before the first week."""
    people = municipality.people
    scenario = municipality.scenario
    n = people.n
    experience = np.float32(scenario.institutions.experience)
    # Counts under the flat prior of the beta reputation: their posterior mean is the trust of the start.
    good = np.maximum(people.trust * (experience + np.float32(2)) - np.float32(1), np.float32(0))
    bad = np.maximum(experience - good, np.float32(0))

    def zeros(dtype: Any, size: int = n) -> Any:
        return np.zeros(size, dtype)

    return State(
        age=people.age.copy(),
        here=np.ones(n, np.bool_),
        away=zeros(np.bool_),
        attitude=municipality.attitude.copy(),
        attitude_next=np.zeros_like(municipality.attitude),
        norm=people.norm.copy(),
        norm_next=zeros(np.float32),
        others=zeros(np.float32),
        acts=zeros(np.bool_),
        met=zeros(np.int16),
        well=zeros(np.int16),
        good=good,
        bad=bad,
        good_start=good.copy(),
        bad_start=bad.copy(),
        security=people.security.copy(),
        grievance=people.grievance.copy(),
        skill=zeros(np.float32),
        participation=people.norm * np.float32(0.5),
        speaks=people.speaks.copy(),
        listens_in=listens_in(people),
        attendance=zeros(np.int32),
        attended=zeros(np.bool_),
        reached=zeros(np.bool_),
        busy=zeros(np.bool_),
        witnessed=zeros(np.bool_),
        married=zeros(np.bool_),
        belief=people.approval.copy(),
        approval=people.approval.copy(),
        tie_trust=municipality.tie_trust.copy(),
        became=zeros(np.uint8, municipality.ties.m + 1),
        present=np.ones(municipality.ties.m, np.bool_),
        stranger=zeros(np.int32),
        stranger_how=zeros(np.uint8),
        voice=zeros(np.float32),
        refusal=np.full(n, scenario.marriage.refusal, np.float32),
        watched=zeros(np.float32),
        paid=zeros(np.bool_),
        excitation=zeros(np.float32, len(people.village_names)),
        docket=Docket(
            size=np.zeros(1, np.int64),
            first=zeros(np.int32, max(n, 1024)),
            second=zeros(np.int32, max(n, 1024)),
            kind=zeros(np.int64, max(n, 1024)),
            born=zeros(np.int64, max(n, 1024)),
            route=zeros(np.int8, max(n, 1024)),
            handler=zeros(np.int32, max(n, 1024)),
            load=zeros(np.int32),
            noted=np.zeros(1, np.int64),
            log=np.zeros((1024 + n // 2, 4), np.int32),
        ),
    )


def _read_only(array: Any) -> Any:
    view = array.view()
    view.flags.writeable = False
    return view


class View:
    """What an intervention or shock may see: read-only arrays (see `activities.PeopleView`)."""

    _STATIC = ("village", "quarter", "household", "female", "community", "confession", "school", "congregation", "role",
               "body")  # fmt: skip
    _CHANGING = ("listens_in", "age", "away", "speaks", "participation", "skill", "attendance", "married")

    def __init__(self, municipality: Municipality, state: State, offered: Flags | None = None) -> None:
        people = municipality.people
        self.n = people.n
        self.offered = None if offered is None else _read_only(offered)
        for name in self._STATIC:
            setattr(self, name, getattr(people, name))
        for name in self._CHANGING:
            setattr(self, name, _read_only(getattr(state, name)))
        self.community_names = people.community_names
        self.village_names = people.village_names
        self.language_names = people.language_names
        self.majority = people.majority
        self.enrolled = _read_only(no_rows())
        self.week_of_year = 1
        self._first_week = week_of_year(municipality, 0)

    def turn_to(self, week: int, enrolled: Rows | None) -> None:
        """Show the state of another week: the arrays are windows on the model's own, which never move."""
        self.week_of_year = (self._first_week - 1 + week) % int(WEEKS_A_YEAR) + 1
        if enrolled is not None:
            self.enrolled = _read_only(enrolled)


def week_of_year(municipality: Municipality, week: int) -> int:
    """Return the week of the year, 1-52, of week ``week`` (0 is the first) of a run."""
    return int((_weeks_before(municipality.scenario.start) + week) % WEEKS_A_YEAR) + 1


@lru_cache(maxsize=256)
def _weeks_before(start: datetime.date) -> int:
    """Return how many weeks of its year lie before a day."""
    return start.timetuple().tm_yday // 7
