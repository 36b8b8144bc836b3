"""Every kind of shock keeps the contract, and does in a worked case what its page says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cohesion_sim.activities import NOTHING, Activities
from cohesion_sim.kinds import kinds
from cohesion_sim.parameters import InputError
from cohesion_sim.population import ROLES
from cohesion_sim.shocks.border_incident import BorderIncident
from cohesion_sim.shocks.burial_dispute import BurialDispute
from cohesion_sim.shocks.drought import Drought
from cohesion_sim.shocks.election import Election
from cohesion_sim.shocks.migrants_return import MigrantsReturn
from cohesion_sim.shocks.rumour import Rumour
from cohesion_sim.shocks.youth_brawl import YouthBrawl
from kinds_contract import (
    Hash,
    check_declared,
    check_idle,
    check_no_luck_of_its_own,
    check_settings,
    setting,
    town,
    weeks_of,
)

KINDS = kinds()["shocks"]


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> type:
    return KINDS[request.param]


def run(shock: Any, weeks: int = 40) -> list[Activities]:
    return [done for _, _, done in weeks_of(shock, town(), Hash(), weeks)]


def pressures(done: list[Activities]) -> dict[int, dict[str, float]]:
    found = {week: {p.kind: p.factor for p in activities.pressures} for week, activities in enumerate(done)}
    return {week: kinds for week, kinds in found.items() if kinds}


def test_all_kinds_are_found() -> None:
    assert len(KINDS) >= 7


def test_is_declared(kind: type) -> None:
    check_declared(kind)


def test_draws_no_number_of_its_own(kind: type) -> None:
    check_no_luck_of_its_own(kind)


def test_keeps_the_contract(kind: type) -> None:
    check_settings(kind)


def test_never_happening_is_idle(kind: type) -> None:
    check_idle(kind, week=-1, chance=0.0)


def test_scheduled_after_the_end_is_idle(kind: type) -> None:
    check_idle(kind, week=100, chance=0.0)


def test_nothing_happens_before_its_week(kind: type) -> None:
    shock = setting(kind, 7, week=20, chance=0.0)
    before = 20 - getattr(shock, "campaign", 0)
    assert all(done is NOTHING for done in run(shock)[: max(0, before)])


def test_by_chance_it_happens_as_often_as_said() -> None:
    shock = setting(Drought, 1, week=-1, chance=3.0, weeks=1)
    happened = sum(shock.happens(week, Hash()) for week in range(52 * 200))
    expected = 200 * 52 * (1 - np.exp(-3 / 52))
    assert abs(happened - expected) < 4 * np.sqrt(expected)


def test_rumour_is_believed_by_the_others_and_feared_by_its_target() -> None:
    shock = Rumour(
        week=5, chance=0, hearing=0.3, attitude=0.1, security=0.2, factor=3, weeks=4, against="dungan"
    )
    done = run(shock)
    assert pressures(done) == {week: {"inter_community": 3} for week in range(5, 9)}
    believers, afraid = done[5].harms
    people = town()
    assert believers.community == 1
    assert believers.attitude == pytest.approx(0.1)
    assert not (people.community[believers.people] == 1).any()
    asked = (people.age >= 14 - 5 / 52) & (people.community != 1)
    assert len(believers.people) / asked.sum() == pytest.approx(0.3, abs=0.1)
    assert afraid.security == pytest.approx(0.2)
    assert (people.community[afraid.people] == 1).all()
    assert not any(activities.harms for week, activities in enumerate(done) if week != 5)


def test_rumour_without_a_target_draws_one_and_refuses_an_unknown_one() -> None:
    shock = setting(Rumour, 1, week=0, chance=0.0, hearing=1.0, attitude=0.5, against="")
    assert {shock.act(0, town(), Hash(str(i))).harms[0].community for i in range(30)} == {0, 1, 2}
    with pytest.raises(InputError, match="did you mean 'dungan'"):
        setting(Rumour, 1, week=0, against="dungans").act(0, town(), Hash())


def test_burial_dispute_sets_a_small_confession_against_its_village() -> None:
    shock = BurialDispute(
        week=3, chance=0, crowd=1.0, witnesses=0.5, attitude=0.2, security=0.4, factor=2, weeks=3
    )
    people = town()
    done = run(shock)
    (incident,) = done[3].incidents
    assert (incident.kind, incident.level) == ("religious", 2)
    assert people.confession[incident.first] == 1
    assert people.confession[incident.second] == 0
    village = people.village[incident.first]
    assert people.village[incident.second] == village
    imams = (
        (people.role == ROLES.index("religious_leader"))
        & (people.confession == 0)
        & (people.village == village)
    )
    assert imams[incident.second] or not imams.any()
    sides, afraid = done[3].harms
    assert sides.community == people.community[incident.first]
    assert (people.village[sides.people] == village).all()
    assert (people.community[afraid.people] == people.community[incident.first]).all()
    assert run(setting(BurialDispute, 1, week=3, chance=0.0, crowd=0.0))[3].incidents[0].level == 0


def test_burial_dispute_needs_two_confessions() -> None:
    one = town().but(confession=np.zeros(600, np.int8))
    shock = setting(BurialDispute, 1, week=3, chance=0.0, weeks=6, factor=2.0)
    assert shock.act(5, town(), Hash()).pressures
    assert all(shock.act(week, one, Hash()) is NOTHING for week in range(3, 9))


def test_youth_brawl_is_between_youths_of_two_communities() -> None:
    shock = YouthBrawl(week=3, chance=0, group=1.0, security=0.1, factor=2, weeks=6)
    people = town()
    done = run(shock)
    (incident,) = done[3].incidents
    both = [incident.first, incident.second]
    assert (incident.kind, incident.level) == ("youth", 1)
    assert ((people.age[both] >= 11.9) & (people.age[both] < 23)).all()
    assert people.community[both[0]] != people.community[both[1]]
    assert people.village[both[0]] == people.village[both[1]]
    assert pressures(done) == {week: {"youth": 2} for week in range(3, 9)}
    alone = people.but(community=np.zeros(600, np.int8))
    assert all(shock.act(week, alone, Hash()) is NOTHING for week in range(3, 9))


def test_drought_presses_on_land_and_water() -> None:
    done = run(Drought(week=10, chance=0, factor=2.5, weeks=20, grievance=0.1))
    assert pressures(done) == {week: {"land_water": 2.5} for week in range(10, 30)}
    assert [week for week, activities in enumerate(done) if activities.harms] == [10]
    assert done[10].harms[0].grievance == pytest.approx(0.1)


def test_border_incident_frightens_all_and_blames_one() -> None:
    given = {
        "week": 2,
        "chance": 0,
        "security": 0.2,
        "grievance": 0.1,
        "attitude": 0.05,
        "factor": 1.5,
        "weeks": 2,
    }
    fear, grievance, blame = run(BorderIncident(against="russian", **given))[2].harms  # type: ignore[arg-type]
    people = town()
    assert set(people.community[fear.people]) == {0, 1, 2}
    assert (people.age[grievance.people] >= 17.9).all()
    assert blame.community == 2
    assert set(people.community[blame.people]) == {0, 1}
    assert len(run(BorderIncident(**given))[2].harms) == 2  # type: ignore[arg-type]


def test_election_divides_before_the_vote_and_disappoints_after() -> None:
    shock = Election(
        week=20, chance=0, campaign=6, factor=1.3, attitude=0.05, stirred=0.2, losers=0.3, bad=1.0
    )
    done = run(shock)
    assert pressures(done) == {week: {"all": 1.3} for week in range(14, 20)}
    assert [week for week, activities in enumerate(done) if activities.harms] == [14]
    assert done[14].harms[0].community == -1
    assert [week for week, activities in enumerate(done) if activities.services] == [20]
    assert done[20].services[0].good == -1
    early = run(
        Election(week=3, chance=0, campaign=6, factor=1.3, attitude=0.05, stirred=0.2, losers=0.3, bad=1.0)
    )
    assert list(pressures(early)) == [0, 1, 2]
    assert [week for week, activities in enumerate(early) if activities.harms] == [0]


def test_election_by_chance_has_a_campaign_before_every_vote() -> None:
    shock = Election(
        week=-1, chance=2.0, campaign=4, factor=1.3, attitude=0.05, stirred=0.2, losers=0.3, bad=1.0
    )
    done = run(shock, 150)
    votes = [week for week, activities in enumerate(done) if activities.services]
    assert votes
    assert all(week in pressures(done) for vote in votes for week in range(max(0, vote - 4), vote))


def test_migrants_return_for_a_time() -> None:
    shock = MigrantsReturn(week=15, chance=0, share=0.5, weeks=8, factor=1.4, grievance=0.05)
    done = run(shock)
    back = done[15].returns[0].people
    away = town().away
    assert away[back].all()
    assert len(back) / away.sum() == pytest.approx(0.5, abs=0.25)
    assert [week for week, activities in enumerate(done) if activities.returns] == list(range(15, 23))
    assert all(set(activities.returns[0].people) == set(back) for activities in done[15:23])
    assert pressures(done)[16] == {"family": 1.4, "neighbour": 1.4}
    assert run(MigrantsReturn(week=2, chance=0, share=0.5, weeks=8, factor=1.4, grievance=0.05))[2] is NOTHING


def test_each_return_of_migrants_brings_its_own_share_for_its_own_time() -> None:
    shock = MigrantsReturn(week=12, chance=3.0, share=0.4, weeks=5, factor=1.4, grievance=0.05)
    people, draws = town(), Hash("c")
    abroad = np.flatnonzero(people.away).astype(np.int32)
    done = [activities for _, _, activities in weeks_of(shock, people, draws, 40)]
    events = [week for week in range(10, 40) if shock.happens(week, draws)]
    assert len(events) >= 2
    for week in range(10, 40):
        brought = [
            abroad[draws.uniform("returns", event, abroad) < 0.4]
            for event in events
            if week - 5 < event <= week
        ]
        expected = set(np.concatenate(brought)) if brought else set()
        assert {row for back in done[week].returns for row in back.people} == expected
    sizes = [len(done[event].returns[0].people) for event in events]
    assert max(sizes) < 0.95 * len(abroad), "returns pile up"
