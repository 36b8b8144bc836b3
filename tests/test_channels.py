"""What activities do to people, through the model: every channel means what its docstring says."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from cohesion_sim import CohesionModel, load_scenario
from cohesion_sim.activities import Activities, Departure, Incident, Meeting, Return, Voice
from cohesion_sim.kernels import disputes
from cohesion_sim.model import DISPUTE_KINDS
from cohesion_sim.parameters import InputError
from cohesion_sim.scenario import Programme, Scenario


@dataclass(frozen=True)
class Does:
    """Does the same activities in every week from ``start``."""

    activities: Activities = field(default_factory=Activities)
    start: int = 0

    def act(self, week: int, people: object, draws: object) -> Activities:
        return self.activities if week >= self.start else Activities()


@pytest.fixture(scope="module")
def place() -> Scenario:
    return load_scenario("yuryevka", sets={"people.size": 800})


def lived(place: Scenario, activities: Activities, weeks: int = 1) -> CohesionModel:
    model = CohesionModel(place, Programme(name="one", interventions={"it": Does(activities)}), rng=5, weeks=weeks)
    model.run_model()
    return model


def two_communities(model: CohesionModel) -> np.ndarray:
    people = model.start.people
    stay = ~people.migrant & (people.age > 40)
    return np.array([np.flatnonzero((people.community == k) & stay)[0] for k in (0, 1)], np.int32)


def test_every_meeting_of_two_people_in_a_week_counts(place: Scenario) -> None:
    pair = two_communities(CohesionModel(place, rng=5, weeks=1))
    met = []
    for times in (0, 1, 3):
        meeting = Meeting(people=pair, partners=2, setting=0.8)
        met.append(int(lived(place, Activities(meetings=(meeting,) * times)).state.met[pair[0]]))
    assert met[1] - met[0] == 1
    assert met[2] - met[0] == 3


def test_people_met_is_the_change_of_trust_since_they_met(place: Scenario) -> None:
    pair = two_communities(CohesionModel(place, rng=5, weeks=1))
    model = lived(place, Activities(meetings=(Meeting(people=pair, partners=2, setting=1.0),)), weeks=6)
    change = model.state.acquaintance_trust[0] - model.state.acquaintance_start[0]
    assert model.record.outcome(model.state).final["people met"][0] == pytest.approx(change, abs=1e-6)
    assert change != 0


@pytest.mark.parametrize("kind", DISPUTE_KINDS)
def test_an_incident_is_booked_under_its_kind(place: Scenario, kind: str) -> None:
    quiet = CohesionModel(place, rng=5, weeks=1)
    quiet.run_model()
    model = lived(place, Activities(incidents=(Incident(first=3, second=30, kind=kind, level=2),)))
    more = model.record.kinds - quiet.record.kinds
    assert more[disputes.GATHERING, DISPUTE_KINDS.index(kind)] == 1
    assert more[disputes.GATHERING].sum() == 1


def test_those_who_leave_a_leader_no_longer_hear_him(place: Scenario) -> None:
    start = CohesionModel(place, rng=5, weeks=1)
    followers = np.flatnonzero(start.state.listens_in >= 0).astype(np.int32)
    leaders = start.start.people.leaders
    voice = (Voice(leaders=leaders, attitude=1.0),)
    hears = lived(place, Activities(voices=voice), weeks=8)
    left = lived(place, Activities(voices=voice, departures=(Departure(people=followers),)), weeks=8)
    assert (left.state.listens_in[followers] == -1).all()
    assert left.state.norm[followers].mean() < hears.state.norm[followers].mean() - 0.005


def test_returned_migrants_are_here(place: Scenario) -> None:
    away = lived(place, Activities(), weeks=12)
    gone = np.flatnonzero(away.state.away).astype(np.int32)
    assert gone.size > 5
    home = lived(place, Activities(returns=(Return(people=gone),)), weeks=12)
    assert home.state.here[gone].all()


def test_winter_migration_wraps_round_the_year() -> None:
    sets = {"people.size": 600, "people.away_from": 46, "people.away_until": 11, "people.away": 0.5}
    model = CohesionModel(load_scenario("gulistan", sets=sets), rng=2, weeks=52)
    gone = []
    while model.running:
        model.step()
        gone.append(bool(model.state.away.any()))
    assert gone.count(True) == 17


def test_a_municipality_of_other_numbers_is_refused(place: Scenario) -> None:
    start = CohesionModel(place, rng=5, weeks=1).start
    assert CohesionModel(place, "project", rng=5, weeks=1, start=start).start is start
    with pytest.raises(InputError, match="another scenario or seed"):
        CohesionModel(place, rng=5, weeks=1, start=start, **{"contact.gain": 0.25})
    with pytest.raises(InputError, match="another scenario or seed"):
        CohesionModel(place, rng=6, weeks=1, start=start)
