"""Every kind of intervention keeps the contract, and does in a worked case what its page says."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest

from cohesion_sim import selection
from cohesion_sim.activities import NOTHING
from cohesion_sim.interventions.dialogue_platform import DialoguePlatform
from cohesion_sim.interventions.early_marriage_prevention import EarlyMarriagePrevention
from cohesion_sim.interventions.grant_competition import GrantCompetition
from cohesion_sim.interventions.initiative_group import InitiativeGroup
from cohesion_sim.interventions.language_club import LanguageClub
from cohesion_sim.interventions.leader_message import LeaderMessage
from cohesion_sim.interventions.prevention_centre import PreventionCentre
from cohesion_sim.interventions.public_meeting import PublicMeeting
from cohesion_sim.interventions.public_works import PublicWorks
from cohesion_sim.interventions.small_grant import SmallGrant
from cohesion_sim.interventions.training import Training
from cohesion_sim.interventions.youth_club import YouthClub
from cohesion_sim.kernels.arithmetic import ln, power
from cohesion_sim.kinds import kinds
from cohesion_sim.parameters import InputError
from cohesion_sim.population import BODIES, ROLES
from kinds_contract import (
    Hash,
    check_declared,
    check_idle,
    check_no_luck_of_its_own,
    check_offered,
    check_settings,
    choices,
    partners_of,
    setting,
    town,
    weeks_of,
)

KINDS = kinds()["interventions"]
ROLE = {name: number for number, name in enumerate(ROLES)}
SESSION = {"mixing": 1.0, "partners": 4, "turnout": 1.0, "quality": 0.8, "bad_session": 0.0, "hurt": 0.1}
PROJECT = SESSION | {
    "weeks": 13,
    "every": 4,
    "reached": 40,
    "signal": 0.1,
    "gain": 0.25,
    "presence": 0.3,
    "good": 1.0,
    "failure": 0.0,
    "favouritism": 0.2,
}


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> type:
    return KINDS[request.param]


def test_all_kinds_are_found() -> None:
    assert len(KINDS) >= 12


def test_is_declared(kind: type) -> None:
    check_declared(kind)
    assert "start" in choices(kind)


def test_draws_no_number_of_its_own(kind: type) -> None:
    check_no_luck_of_its_own(kind)


def test_keeps_the_contract(kind: type) -> None:
    check_settings(kind)


def test_invites_nobody_to_whom_it_is_not_offered(kind: type) -> None:
    check_offered(kind)


def test_starting_after_the_end_is_idle(kind: type) -> None:
    check_idle(kind, start=100)


@pytest.mark.parametrize(
    ("name", "dose"),
    [
        ("dialogue_platform", {"seats": 0}),
        ("dialogue_platform", {"until": 0}),
        ("training", {"seats": 0}),
        ("training", {"days": 0}),
        (
            "initiative_group",
            {"officials": 0, "religious_leaders": 0, "activists": 0, "youth": 0, "womens_council": 0},
        ),
        ("small_grant", {"organisers": 0, "reached": 0}),
        ("grant_competition", {"rounds": 0}),
        ("grant_competition", {"share": 0.0}),
        ("language_club", {"clubs": 0}),
        ("language_club", {"learners": 0, "speakers": 0}),
        ("youth_club", {"clubs": 0, "audience": 0}),
        ("youth_club", {"until": 0}),
        ("early_marriage_prevention", {"awareness": False, "incentive": False, "refusal": False}),
        ("early_marriage_prevention", {"households": 0, "refusal": False}),
        ("public_works", {"organisers": 0, "workers": 0}),
        ("public_meeting", {"seats": 0}),
        ("prevention_centre", {"activity": 0.0, "members": 0}),
        ("leader_message", {"leaders": 0}),
        ("leader_message", {"messages": 0}),
    ],
)
def test_dose_zero_is_idle(name: str, dose: dict[str, object]) -> None:
    check_idle(KINDS[name], **dose)


@pytest.mark.parametrize(
    "name", ["platform", "training", "group", "grant", "competition", "club", "youth", "works"]
)
def test_with_nobody_coming_it_costs_but_moves_nobody(name: str) -> None:
    kind = globals()[name](turnout=0.0, bad_session=1.0) if name != "club" else club(turnout=0.0)
    done = [activities for _, _, activities in weeks_of(kind, town(), Hash(), 60)]
    assert sum(cost.usd for activities in done for cost in activities.costs) > 0
    for activities in done:
        moved = (activities.meetings, activities.lessons, activities.languages, activities.signals)
        assert not any((*moved, activities.attended.size, activities.harms))


def test_unknown_village_and_language_are_refused() -> None:
    with pytest.raises(InputError, match=r"seet.*did you mean 'seat'"):
        setting(PublicMeeting, 1, start=0, until=9, seats=5, village="seet").act(0, town(), Hash())
    with pytest.raises(InputError, match=r"language.*kyrgys.*did you mean 'kyrgyz'"):
        setting(LanguageClub, 1, start=0, clubs=1, learners=5, language="kyrgys").act(0, town(), Hash())


# --- the shared pieces ---


def test_seats_alternate_or_stand_in_blocks() -> None:
    people = town()
    rows = np.concatenate([np.flatnonzero(people.community == c)[:6] for c in (0, 1)]).astype(np.int32)
    crossings = {}
    for mixing in (0.0, 0.5, 1.0):
        seats = people.community[selection.seated(people, rows, mixing)]
        crossings[mixing] = int((seats[1:] != seats[:-1]).sum())
    assert crossings[0.0] == 1
    assert crossings[1.0] == 11
    assert 1 < crossings[0.5] < 11


def test_balance_gives_each_community_as_many_seats() -> None:
    people = town()
    adults = people.age >= 18
    shares = np.bincount(people.community[adults]) / adults.sum()
    equal = people.community[selection.invited(people, Hash(), 0, adults, 30, balance=1.0)]
    likely = people.community[selection.invited(people, Hash(), 0, adults, 60, balance=0.0)]
    assert np.bincount(equal).tolist() == [10, 10, 10]
    assert np.abs(np.bincount(likely, minlength=3) - 60 * shares).max() < 1.5


def test_balance_takes_others_when_a_community_runs_out() -> None:
    rows = np.arange(10, dtype=np.int32)
    groups = np.array([0] * 8 + [1] * 2)
    luck = np.linspace(0.05, 0.95, 10, dtype=np.float32)
    assert sorted(selection.balanced(rows, luck, groups, 6, 1.0).tolist()) == [0, 1, 2, 3, 8, 9]
    assert sorted(selection.balanced(rows, luck, groups, 20, 0.0).tolist()) == list(range(10))
    assert len(selection.balanced(rows[:0], luck[:0], groups[:0], 3, 0.0)) == 0


def test_in_proportion_even_a_tiny_community_is_invited_now_and_then() -> None:
    rows, groups = np.arange(1000, dtype=np.int32), (np.arange(1000) < 10).astype(int)
    counts = [
        groups[selection.balanced(rows, Hash("a").uniform("x", week, rows), groups, 20, 0.0)].sum()
        for week in range(2000)
    ]
    assert np.mean(counts) == pytest.approx(0.2, abs=0.04)
    assert set(counts) == {0, 1}


def test_who_dropped_out_does_not_come_back_and_a_third_is_gone_after_a_year() -> None:
    rows = np.arange(20_000, dtype=np.int32)
    before = rows
    for week in range(0, 105, 4):
        now = selection.stay(rows, 0.32, Hash(), 0, week)
        assert np.isin(now, before).all()
        before = now
        if week == 52:
            assert len(now) / len(rows) == pytest.approx(0.68, abs=0.015)
    assert len(before) / len(rows) == pytest.approx(0.68**2, abs=0.015)


def test_powers_and_logarithms_are_right_and_whole_powers_are_exact() -> None:
    for x in (1e-9, 0.01, 0.32, 0.5, 0.68, 0.999, 1.0, 7.0, 20_000.0):
        assert ln(x) == pytest.approx(math.log(x), rel=1e-12, abs=1e-12)
        for y in (0.25, 1 / 26, 1.7):
            assert power(x, y) == pytest.approx(x**y, rel=1e-11)
        assert power(x, 1) == x
        assert power(x, 3) == pytest.approx(x**3, rel=1e-15)
        assert power(x, 0) == 1
    assert power(0, 0.5) == power(0, 2) == 0


def test_no_decision_rests_on_the_machine_s_own_powers_and_exponentials() -> None:
    package = Path(selection.__file__).parent
    files = [package / "selection.py", *package.glob("interventions/*.py"), *package.glob("shocks/*.py")]
    assert len(files) > 20
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            assert not isinstance(node, ast.Pow), file
            called = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            assert called not in {"exp", "log", "log1p", "expm1", "pow", "power"} or (
                isinstance(node, ast.Name) and called in {"exp", "power"}
            ), file


def test_a_series_has_as_many_sessions_as_it_is_said() -> None:
    for start, until, every, weeks in (
        (0, 52, 4, 104),
        (3, 52, 4, 20),
        (3, 4, 9, 20),
        (5, 5, 1, 9),
        (9, 20, 1, 4),
    ):
        held = sum(selection.is_session(week, start, until, every) for week in range(weeks))
        assert selection.sessions(start, until, every, weeks) == held


# --- one worked case a kind ---


def platform(**changes: object) -> DialoguePlatform:
    given = SESSION | {
        "start": 4, "until": 56, "every": 6, "seats": 20, "officials": 0.3, "religious_leaders": 0.1,
        "activists": 0.2,
        "regulars": 0.5, "balance": 0.5, "drop_out": 0.32, "price": 200.0,
    }  # fmt: skip
    return DialoguePlatform(**(given | changes))  # type: ignore[arg-type]


def test_dialogue_platform_seats_the_roles_and_some_regulars() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    held = [
        (week, done) for week, _, done in weeks_of(platform(), people, Hash(), 104) if done is not NOTHING
    ]
    assert [week for week, _ in held] == list(range(4, 56, 6))
    first = held[0][1]
    assert np.bincount(people.role[first.attended], minlength=4).tolist() == [8, 6, 2, 4]
    assert (people.age[first.attended] >= 17.9).all()
    assert first.meetings[0].leaders
    assert first.meetings[0].setting == pytest.approx(0.8)
    assert len(first.enrol) == 10
    for _, done in held[1:]:
        assert len(done.attended) == 20
        assert np.isin(first.enrol, done.attended).sum() >= 4
    assert len(np.unique(np.concatenate([done.attended for _, done in held]))) > 40
    assert platform().planned_cost(104) == 9 * 200
    assert platform().planned_cost(4) == 0


def test_dialogue_platform_session_that_goes_wrong_hurts_and_opens_no_channel() -> None:
    done = platform(bad_session=1.0).act(4, town(), Hash())
    assert done.meetings[0].setting == pytest.approx(-0.8)
    assert not done.meetings[0].leaders
    assert done.harms[0].security == done.harms[0].participation == pytest.approx(0.1)
    assert set(done.harms[0].people) == set(done.attended)


def test_two_labels_invite_independently() -> None:
    people = town(3000)
    adults = ((people.age >= 18) & ~people.away & (people.role == 0)).sum()
    kind = platform(officials=0.0, religious_leaders=0.0, activists=0.0, regulars=0.0, balance=0.0, seats=300)
    a, b = (kind.act(4, people, Hash(label)).attended for label in "ab")
    expected = 300 * 300 / adults
    spread = math.sqrt(expected * (1 - 300 / adults) ** 2)
    assert abs(len(np.intersect1d(a, b)) - expected) < 4 * spread


def training(**changes: object) -> Training:
    given = SESSION | {
        "start": 10, "topic": "mediation", "who": "leaders", "seats": 25, "days": 3, "refreshers": 1,
        "refresher_every": 26, "on_duty": True, "balance": 0.0, "skill": 0.6, "signal": 0.2,
        "refusal": 0.7, "voice": 0.8, "speaks_for": 520, "drop_out": 0.0, "price": 600.0,
    }  # fmt: skip
    return Training(**(given | changes))  # type: ignore[arg-type]


def test_training_in_mediation_gives_skill_by_days_and_quality_then_duty() -> None:
    people = town()
    weeks = [done for _, _, done in weeks_of(training(), people, Hash(), 60)]
    lesson = weeks[10].lessons[0]
    assert lesson.skill == pytest.approx(0.6 * 0.8)
    assert len(weeks[10].meetings) == 3
    assert training(days=1).act(10, people, Hash()).lessons[0].skill == pytest.approx(0.6 * 0.8 / 3)
    assert training(days=5).act(10, people, Hash()).lessons[0].skill == pytest.approx(0.6 * 0.8)
    assert (people.role[lesson.people] > 0).all()
    assert set(weeks[11].duties[0].people) <= set(lesson.people)
    assert set(weeks[59].duties[0].people) == set(lesson.people)
    assert sum(cost.usd for done in weeks for cost in done.costs) == training().planned_cost(60) == 600 * 4


def test_who_drops_out_is_off_duty_and_comes_to_no_refresher() -> None:
    people = town()
    came = training().act(10, people, Hash()).enrol
    later = training(drop_out=0.6).act(36, people.but(enrolled=came), Hash())
    stayed = set(selection.stay(came, 0.6, Hash(), 10, 36))
    assert 0 < len(stayed) < len(came)
    assert set(later.attended) == set(later.duties[0].people) == set(later.lessons[0].people) == stayed
    assert later.lessons[0].skill == pytest.approx(0.6 * 0.8)
    much_later = training(drop_out=0.6).act(90, people.but(enrolled=came), Hash())
    assert set(much_later.duties[0].people) < stayed


@pytest.mark.parametrize(
    ("speaks_for", "refreshers", "speaking"),
    [
        (6, 0, range(11, 17)),
        (6, 1, (*range(11, 17), *range(31, 37))),
        (25, 1, range(11, 56)),
        (0, 1, ()),
    ],
)
def test_leaders_trained_in_the_law_speak_for_a_time_after_each_training(
    speaks_for: int, refreshers: int, speaking: tuple[int, ...]
) -> None:
    kind = training(
        topic="religion_and_law", who="religious_leaders", speaks_for=speaks_for, refreshers=refreshers,
        refresher_every=20,
    )  # fmt: skip
    done = [activities for _, _, activities in weeks_of(kind, town(), Hash(), 80)]
    assert [week for week, activities in enumerate(done) if activities.voices] == list(speaking)
    assert [week for week, activities in enumerate(done) if activities.refusals] == list(speaking)
    assert all(activities.duties for activities in done[11:])


def test_only_leaders_who_came_to_the_refresher_speak_again() -> None:
    people = town()
    leaders = np.flatnonzero(people.role == ROLE["religious_leader"]).astype(np.int32)
    kind = training(
        topic="religion_and_law", who="religious_leaders", speaks_for=6, refresher_every=20, turnout=0.5
    )
    for label in "abcdef":
        draws, view = Hash(label), people.but(enrolled=leaders)
        came = kind.act(30, view, draws).attended
        spoke = [voice.leaders for voice in kind.act(33, view, draws).voices]
        assert [set(rows) for rows in spoke] == ([set(came)] if len(came) else [])
        assert not kind.act(37, view, draws).voices


def test_training_in_religion_and_law_makes_leaders_refuse_from_then_on() -> None:
    people = town()
    kind = training(topic="religion_and_law", who="religious_leaders", on_duty=False)
    weeks = [done for _, _, done in weeks_of(kind, people, Hash(), 104)]
    assert not weeks[10].refusals
    for done in weeks[11:]:
        assert done.refusals[0].probability == pytest.approx(0.7)
        assert done.voices[0].attitude == pytest.approx(0.8)
        assert len(done.refusals[0].leaders) == 5
        assert not done.lessons


def test_training_in_tolerance_shows_a_norm_and_no_skill() -> None:
    done = training(topic="tolerance", who="youth", seats=30).act(10, town(), Hash())
    assert done.signals[0].strength == pytest.approx(1 - 0.8**3)
    assert not done.lessons
    ages = town().age[done.attended]
    assert ages.min() >= 14
    assert ages.max() < 29


def group(**changes: object) -> InitiativeGroup:
    given = PROJECT | {
        "theme": "public_works", "start": 2, "officials": 2, "religious_leaders": 2, "activists": 3,
        "youth": 2,
        "womens_council": 1, "writing": 8, "projects": 2, "grant": 2500.0, "local_share": 0.2, "shared": True,
        "drop_out": 0.0, "price": 50.0,
    }  # fmt: skip
    return InitiativeGroup(**(given | changes))  # type: ignore[arg-type]


def test_initiative_group_is_the_most_active_of_mixed_roles_and_runs_projects() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    weeks = [done for _, _, done in weeks_of(group(), people, Hash(), 60)]
    members = weeks[2].enrol
    assert len(members) == 10
    officials = np.flatnonzero((people.role == ROLE["official"]) & (people.age >= 18))
    chosen = members[people.role[members] == ROLE["official"]]
    left = np.setdiff1d(officials, chosen)
    rank = [(people.attendance[i], people.participation[i]) for i in chosen]
    assert min(rank) >= max((people.attendance[i], people.participation[i]) for i in left)
    assert (people.body[members] == BODIES.index("womens_council")).sum() >= 1
    assert {week for week, done in enumerate(weeks) if done.meetings} == {
        2,
        6,
        10,
        14,
        18,
        22,
        23,
        27,
        31,
        35,
    }
    assert all(set(done.attended) <= set(members) for done in weeks)
    assert [week for week, done in enumerate(weeks) if done.services] == [22, 35]
    grants = [cost for done in weeks for cost in done.costs if cost.line == "grants"]
    assert [cost.usd for cost in grants] == [2500, 2500]
    assert [cost.own for cost in grants] == [500, 500]
    assert (
        sum(cost.usd for done in weeks for cost in done.costs) == group().planned_cost(60) == 5000 + 10 * 50
    )


def grant(**changes: object) -> SmallGrant:
    given = PROJECT | {
        "theme": "youth", "start": 5, "organisers": 10, "grant": 2500.0, "local_share": 0.2, "shared": True,
    }  # fmt: skip
    return SmallGrant(**(given | changes))  # type: ignore[arg-type]


def test_small_grant_on_youth_brings_the_same_youths_together_and_watches_over_them() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    weeks = [done for _, _, done in weeks_of(grant(), people, Hash(), 30)]
    assert [week for week, done in enumerate(weeks) if done.watches] == list(range(5, 18))
    youths = weeks[5].watches[0].people
    assert len(youths) == 40
    assert ((people.age[youths] >= 12) & (people.age[youths] < 23.2)).all()
    assert all(set(done.watches[0].people) == set(youths) for done in weeks[5:18])
    meetings = [set(done.attended) for done in weeks if done.meetings]
    assert len(meetings) == 4
    assert all(here == meetings[0] for here in meetings)
    assert weeks[17].services[0].good == pytest.approx(1)
    assert weeks[5].costs[0].own == pytest.approx(500)


def test_small_grant_that_is_not_shared_aggrieves_the_quarters_left_out() -> None:
    people = town()
    done = grant(theme="public_works", shared=False).act(5, people, Hash())
    (harm,) = done.harms
    assert harm.grievance == pytest.approx(0.2)
    quarters = set(people.quarter[harm.people].tolist())
    assert len(quarters) == 10
    assert not quarters & set(people.quarter[done.attended].tolist())


def test_small_grant_on_language_and_on_early_marriage() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    lesson = grant(theme="language").act(5, people, Hash()).languages[0]
    assert lesson.share == pytest.approx(1 - 0.75 ** (1 / 26))
    assert len(lesson.people) >= 40
    done = grant(theme="early_marriage").act(5, people, Hash())
    assert done.signals[0].topic == "marriage"
    girls = people.female & (people.age >= 14) & (people.age < 18)
    assert np.isin(people.household[done.signals[0].people], people.household[girls]).all()
    assert (people.age[done.signals[0].people] >= 18).all()


def test_a_project_that_fails_is_a_bad_experience() -> None:
    assert grant(failure=1.0).act(17, town(), Hash()).services[0].good == pytest.approx(-1)


def competition(**changes: object) -> GrantCompetition:
    given = PROJECT | {
        "theme": "public_works", "start": 8, "rounds": 2, "round_every": 20, "own_budget": 228_000.0,
        "share": 0.01,
        "cap": 285.0, "applications": 31, "award_rate": 0.26, "contribution": 0.2, "organisers": 8,
        "fairness": 1.0,
        "jury": 100.0,
    }  # fmt: skip
    return GrantCompetition(**(given | changes))  # type: ignore[arg-type]


def test_grant_competition_awards_what_budget_and_applications_allow() -> None:
    assert competition().grants == 8
    assert competition(applications=10).grants == 3
    assert competition(cap=1000.0).grants == 2
    people = town().but(away=np.zeros(600, np.bool_))
    weeks = [done for _, _, done in weeks_of(competition(), people, Hash(), 60)]
    paid = [cost for done in weeks for cost in done.costs if cost.line == "grants"]
    assert [cost.usd for cost in paid] == pytest.approx([8 * 285 * 1.2] * 2)
    assert [cost.own for cost in paid] == pytest.approx([8 * 285] * 2)
    assert len(weeks[8].meetings) == 8
    assert sum(len(meeting.people) for meeting in weeks[8].meetings) == 64
    assert not any(harm.grievance for done in weeks for harm in done.harms)
    villages = {tuple(np.unique(people.village[meeting.people])) for meeting in weeks[8].meetings}
    assert villages == {(0,), (1,)}


def test_grant_competition_with_an_unfair_jury_gives_all_to_one_village() -> None:
    people = town()
    done = competition(fairness=0.0).act(8, people, Hash())
    (harm,) = done.harms
    assert harm.grievance == pytest.approx(0.2)
    got = np.unique(people.village[np.concatenate([meeting.people for meeting in done.meetings])])
    assert len(got) == 1
    assert set(harm.people) == set(np.flatnonzero(people.village != got[0]))


def club(**changes: object) -> LanguageClub:
    given = {
        "start": 6, "weeks": 13, "sessions": 2, "clubs": 2, "learners": 16, "speakers": 4, "mixing": 1.0,
        "partners": 4,
        "turnout": 1.0, "drop_out": 0.0, "quality": 0.5, "gain": 0.25, "price": 900.0,
    }  # fmt: skip
    return LanguageClub(**(given | changes))  # type: ignore[arg-type]


def test_language_club_of_a_whole_course_teaches_a_quarter() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    weeks = [done for _, _, done in weeks_of(club(), people, Hash(), 30)]
    active = [done for done in weeks if done is not NOTHING]
    assert len(active) == 13
    assert len(weeks[6].enrol) == 40
    missed = math.prod(1 - done.languages[0].share for done in active)
    assert 1 - missed == pytest.approx(0.25)
    assert sum(len(lesson.people) for lesson in active[0].languages) == 32
    assert all(len(done.meetings) == 2 for done in active)
    assert {tuple(sorted(m.people.tolist())) for done in active for m in done.meetings} == {
        tuple(sorted(m.people.tolist())) for m in active[0].meetings
    }, "clubs stay together"
    assert sum(cost.usd for done in weeks for cost in done.costs) == pytest.approx(club().planned_cost(30))
    assert club().planned_cost(30) == pytest.approx(1800)


def youth(**changes: object) -> YouthClub:
    given = SESSION | {
        "start": 3, "until": 29, "every": 1, "clubs": 2, "places": 20, "youngest": 12, "oldest": 22,
        "peer_mediators": 15, "events_every": 8, "audience": 80, "balance": 1.0, "drop_out": 0.3,
        "skill": 0.4,
        "presence": 0.5, "signal": 0.05, "price": 60.0, "event_price": 300.0,
    }  # fmt: skip
    return YouthClub(**(given | changes))  # type: ignore[arg-type]


def test_youth_club_meets_watches_and_teaches_peer_mediators_once() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    weeks = [done for _, _, done in weeks_of(youth(), people, Hash(), 40)]
    members = weeks[3].enrol
    assert len(members) == 40
    assert ((people.age[members] >= 11.9) & (people.age[members] < 23)).all()
    assert [week for week, done in enumerate(weeks) if done.lessons] == [3]
    assert len(weeks[3].lessons[0].people) == 15
    assert [week for week, done in enumerate(weeks) if done.signals] == [11, 19, 27]
    assert all(len(done.meetings) == 2 and done.watches for done in weeks[3:29])
    assert len(weeks[28].watches[0].people) < 40
    assert (
        sum(cost.usd for done in weeks for cost in done.costs)
        == youth().planned_cost(40)
        == 26 * 120 + 3 * 300
    )


def prevention(**changes: object) -> EarlyMarriagePrevention:
    given = {
        "start": 2, "until": 40, "households": 10, "awareness": True, "every": 6, "incentive": True,
        "refusal": True,
        "turnout": 1.0, "signal": 0.1, "refuses": 0.7, "resentment": 0.5, "grievance": 0.05, "price": 100.0,
        "stipend": 13.0, "leaders_price": 200.0,
    }  # fmt: skip
    return EarlyMarriagePrevention(**(given | changes))  # type: ignore[arg-type]


def test_early_marriage_prevention_reaches_households_girls_and_leaders() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    weeks = [done for _, _, done in weeks_of(prevention(), people, Hash(), 60)]
    first = weeks[2]
    houses = set(people.household[first.signals[0].people].tolist())
    assert len(houses) == 10
    girls = np.flatnonzero(people.female & (people.age + 2 / 52 >= 14) & (people.age + 2 / 52 < 18))
    assert set(first.incentives[0].people) <= set(girls)
    assert set(people.household[first.incentives[0].people].tolist()) <= houses
    assert len(first.incentives[0].people) <= 10
    assert all(len(done.refusals[0].leaders) == 5 for done in weeks[2:40])
    assert [week for week, done in enumerate(weeks) if done.signals] == [2, 8, 14, 20, 26, 32, 38]
    assert first.harms[0].grievance == pytest.approx(0.05)
    assert 0 < len(first.harms[0].people) < len(first.signals[0].people)
    assert not any(done.harms for done in weeks[3:])
    spent = sum(cost.usd for done in weeks for cost in done.costs)
    assert 900 < spent <= prevention().planned_cost(60) == pytest.approx(7 * 100 + 38 * 10 * 3 + 200)


@pytest.mark.parametrize(
    ("switch", "channel"), [("awareness", "signals"), ("incentive", "incentives"), ("refusal", "refusals")]
)
def test_early_marriage_prevention_can_be_switched_off_in_parts(switch: str, channel: str) -> None:
    off = prevention(**{switch: False})
    weeks = [done for _, _, done in weeks_of(off, town(), Hash(), 40)]
    assert not any(getattr(done, channel) for done in weeks)
    others = {"signals", "incentives", "refusals"} - {channel}
    assert all(any(getattr(done, name) for done in weeks) for name in others)


def works(**changes: object) -> PublicWorks:
    given = SESSION | {
        "start": 5, "weeks": 10, "every": 3, "organisers": 9, "workers": 30, "shared": True, "coverage": 0.5,
        "balance": 1.0, "good": 2.0, "failure": 0.0, "favouritism": 0.1, "price": 4000.0, "local_share": 0.25,
        "village": "seat",
    }  # fmt: skip
    return PublicWorks(**(given | changes))  # type: ignore[arg-type]


def test_public_works_joins_the_communities_and_serves_the_village() -> None:
    people = town().but(away=np.zeros(600, np.bool_))
    weeks = [done for _, _, done in weeks_of(works(), people, Hash(), 20)]
    assert [week for week, done in enumerate(weeks) if done.meetings] == [5, 8, 11, 14]
    organisers = weeks[5].enrol
    assert np.bincount(people.community[organisers]).tolist() == [3, 3, 3]
    assert all(np.isin(organisers, done.attended).all() for done in weeks if done.meetings)
    assert set(weeks[14].services[0].people) == set(np.flatnonzero(people.village == 0))
    assert weeks[14].services[0].good == pytest.approx(2)
    assert not any(done.harms for done in weeks)
    (cost,) = [cost for done in weeks for cost in done.costs]
    assert (cost.usd, cost.own) == (4000, 1000)


def test_public_works_not_shared_serves_some_quarters_and_aggrieves_the_rest() -> None:
    people = town()
    weeks = [done for _, _, done in weeks_of(works(shared=False), people, Hash(), 20)]
    served, hurt = weeks[14].services[0].people, weeks[5].harms[0].people
    assert set(served) | set(hurt) == set(np.flatnonzero(people.village == 0))
    assert not set(served) & set(hurt)
    assert weeks[5].harms[0].grievance == pytest.approx(0.1)


def test_public_meeting_is_a_service_when_it_goes_well_and_a_failure_when_not() -> None:
    given = SESSION | {
        "start": 1, "until": 30, "every": 13, "seats": 100, "balance": 0.0, "good": 0.2, "signal": 0.02,
        "price": 300.0, "partners": 2,
    }  # fmt: skip
    meeting = PublicMeeting(**given)  # type: ignore[arg-type]
    people = town()
    done = meeting.act(1, people, Hash())
    assert len(done.attended) == 100
    assert done.services[0].good == pytest.approx(0.2)
    assert set(done.signals[0].people) == set(done.attended)
    later = meeting.act(14, people, Hash())
    assert len(np.intersect1d(done.attended, later.attended)) < 80
    bad = PublicMeeting(**(given | {"bad_session": 1.0})).act(1, people, Hash())  # type: ignore[arg-type]
    assert bad.services[0].good == pytest.approx(-0.2)
    assert not bad.signals
    assert meeting.planned_cost(104) == 900


def test_prevention_centre_works_with_members_on_call() -> None:
    centre = PreventionCentre(
        start=4, until=30, activity=0.8, elders_court=True, womens_council=True, youth_committee=False,
        members=8,
        skill=0.3, drop_out=0.0, opening=500.0, price=52.0,
    )  # fmt: skip
    people = town()
    weeks = [done for _, _, done in weeks_of(centre, people, Hash(), 40)]
    assert all(done.centres[0].activity == pytest.approx(0.8) for done in weeks[4:30])
    on_call = weeks[4].duties[0].people
    assert len(on_call) == 8
    assert set(people.body[on_call]) == {BODIES.index("elders_court"), BODIES.index("womens_council")}
    assert [week for week, done in enumerate(weeks) if done.lessons] == [4]
    assert sum(cost.usd for done in weeks for cost in done.costs) == pytest.approx(500 + 26 * 12)
    assert centre.planned_cost(40) == pytest.approx(500 + 26 * 12)


def test_leader_message_reaches_followers_and_loses_some() -> None:
    given = {
        "start": 3, "messages": 2, "every": 5, "leaders": 2, "topic": "others", "hearing": 0.6,
        "signal": 0.15,
        "attitude": 0.9, "loss": 0.1, "backfire": 0.2, "price": 30.0,
    }  # fmt: skip
    message = LeaderMessage(**given)  # type: ignore[arg-type]
    people = town()
    weeks = [done for _, _, done in weeks_of(message, people, Hash(), 20)]
    assert [week for week, done in enumerate(weeks) if done is not NOTHING] == [3, 8]
    leaders = weeks[3].voices[0].leaders
    assert len(leaders) == 2
    hearers, lost = weeks[3].signals[0].people, weeks[3].harms[0].people
    assert np.isin(people.congregation[hearers], people.congregation[leaders]).all()
    assert (people.congregation[hearers] >= 0).all()
    assert (people.age[hearers] >= 13.9).all()
    assert not set(lost) & set(hearers)
    assert weeks[3].departures[0].people.tolist() == lost.tolist()
    people.listens_in.flags.writeable = True
    people.listens_in[lost] = -1  # as the model does with those who depart
    assert not set(lost) & set(message.act(8, people, Hash()).signals[0].people)
    assert weeks[3].harms[0].attitude == pytest.approx(0.2)
    assert not weeks[8].harms
    about = LeaderMessage(**(given | {"topic": "marriage"}))  # type: ignore[arg-type]
    done = about.act(3, people, Hash())
    assert done.signals[0].topic == "marriage"
    assert not done.voices
    assert not done.harms
    assert message.planned_cost(8) == 30


def test_round_a_table_nobody_sits_beside_herself() -> None:
    for n in range(2, 9):
        rows = np.arange(n, dtype=np.int32)
        done = platform(seats=n, partners=40, officials=0, religious_leaders=0, activists=0).act(
            4, town(), Hash()
        )
        pairs = partners_of(n, done.meetings[0].partners)
        assert len(rows) == len(done.meetings[0].people)
        assert all(a != b for a, b in pairs)
        assert len(pairs) <= n * (n - 1)
