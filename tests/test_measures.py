"""Measures on hand-made populations, and the bookkeeping of a run against its own state."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cohesion_sim import measures
from cohesion_sim.kernels import tally
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.measures import MEASURES, cohesion, polarisation
from cohesion_sim.model import CohesionModel
from cohesion_sim.population import attitude_to_others, out_weights
from cohesion_sim.scenario import Scenario

f32 = np.float32
Run = Callable[..., CohesionModel]


# ------------------------------------------------------------------------------- by hand
def classes(*counts: int) -> np.ndarray:
    return np.array(counts, np.int64)


def test_polarisation_by_hand() -> None:
    assert polarisation(classes(50, 0, 0, 0, 0, 0, 0, 0, 0, 50)) == pytest.approx(1.0)
    assert polarisation(classes(0, 0, 0, 100, 0, 0, 0, 0, 0, 0)) == 0.0
    assert polarisation(classes(*[0] * 10)) == 0.0
    # Two classes, 30 and 70 of 100, two classes apart: (0.3^2.3 0.7 + 0.7^2.3 0.3) 0.2, over 2 (1/2)^3.3 0.9.
    by_hand = (0.3**2.3 * 0.7 + 0.7**2.3 * 0.3) * 0.2 / (2 * 0.5**3.3 * 0.9)
    assert polarisation(classes(0, 0, 30, 0, 70, 0, 0, 0, 0, 0)) == pytest.approx(by_hand)


def test_polarisation_orders_camps_as_it_should() -> None:
    """Two far camps above two near camps above many small groups; the size of the population does not matter."""
    far = polarisation(classes(0, 50, 0, 0, 0, 0, 0, 0, 50, 0))
    near = polarisation(classes(0, 0, 0, 50, 0, 0, 50, 0, 0, 0))
    even = polarisation(classes(*[10] * 10))
    assert far > near
    assert far > even
    assert polarisation(classes(0, 500, 0, 0, 0, 0, 0, 0, 500, 0)) == pytest.approx(far)


def test_cohesion_is_ten_times_the_mean_of_its_parts() -> None:
    assert len(measures.COHESION_PARTS) == 6
    assert cohesion(np.array([0.5, 0.6, 0.4, 0.3, 0.9, 0.3])) == pytest.approx(5.0)
    assert cohesion(np.ones((4, 6))).tolist() == [10.0] * 4
    assert set(measures.COHESION_PARTS) <= set(MEASURES)


def test_attitude_to_others_weighs_communities_by_size() -> None:
    community = np.array([0, 0, 0, 1, 1, 2])
    weights = out_weights(community, 3)
    assert weights[0].tolist() == pytest.approx([0, 2 / 3, 1 / 3])
    assert weights[2].tolist() == pytest.approx([3 / 5, 2 / 5, 0])
    attitude = np.tile(np.array([0.9, 0.6, 0.3], f32), (6, 1))
    found = attitude_to_others(attitude, community, weights)
    assert found.tolist() == pytest.approx([0.5] * 3 + [0.75 * 0.9 + 0.25 * 0.3] * 2 + [0.6 * 0.9 + 0.4 * 0.6])
    assert out_weights(np.zeros(4, int), 1).tolist() == [[0.0]]  # nobody else there


def test_the_weeks_totals_by_hand() -> None:
    """Four residents of two communities in three cells; one of them is a child who is not asked."""
    n = 4
    attitude = np.zeros((n, LANES), f32)
    attitude[:, :2] = [[0.8, 0.25], [0.8, 0.75], [0.5, 0.9], [0.0, 0.9]]
    community = np.array([0, 0, 1, 1], np.int8)
    weights = np.zeros((2, LANES), f32)
    weights[0, 1] = weights[1, 0] = 1
    yes = np.array([True, False, True, True])
    groups = tally.Groups(
        cell=np.array([0, 0, 2, 2], np.int32),
        of_cell=np.array([[0, 1], [0, 2], [0, 2]], np.int32),
        asked=np.array([True, True, True, False]),
        pupil=np.array([False, False, True, True]),
        community=community,
        household=np.array([0, 0, 1, 1], np.int32),
        weights=weights,
        across=np.array([1], np.int32),
        girls=np.array([2], np.int32),
        cut=f32(0.5),
    )
    states = tally.States(
        here=np.ones(n, np.bool_),
        age=np.array([40, 30, 15, 8], f32),
        attitude=attitude,
        norm=np.array([0.5, 0.25, 1, 0], f32),
        met=np.array([2, 0, 1, 3], np.int16),
        well=np.array([1, 0, 1, 0], np.int16),
        good=np.array([3, 0, 0, 0], f32),
        bad=np.array([1, 2, 0, 0], f32),
        security=np.full(n, 0.5, f32),
        participation=np.array([0.25, 0.75, 0, 1], f32),
        grievance=np.full(n, 0.125, f32),
        skill=np.array([0, 0.1, 0, 0.6], f32),
        speaks=np.array([1, 2, 3, 1], np.uint8),
        attended=yes,
        reached=yes,
        witnessed=yes,
        approval=np.array([0.5, 0.25], f32),
        tie_trust=np.array([0.125, 0.75], f32),
    )
    totals, histogram = np.ones((3, 17), np.int64), np.zeros((2, tally.CLASSES), np.int64)
    sums, events = np.zeros((3, 27), np.int64), np.arange(30).reshape(3, 10)
    whole = tally.week(groups, states, totals, events, histogram, sums)
    unit = tally.UNIT
    first, empty, last = totals
    assert not empty.any()
    assert first[[tally.PEOPLE, tally.ASKED, tally.ACCEPTS, tally.CONTACT, tally.MET, tally.WELL]].tolist() == [
        2,
        2,
        1,
        1,
        2,
        1,
    ]
    assert first[[tally.ATTITUDE, tally.NORM, tally.PARTICIPATION]].tolist() == [unit, 0.75 * unit, unit]
    assert first[tally.TRUST] == pytest.approx((4 / 6 + 1 / 4) * unit, abs=2)
    assert first[[tally.SPEAKS, tally.ATTENDED, tally.PUPILS]].tolist() == [1, 1, 0]
    assert last[[tally.PEOPLE, tally.ASKED, tally.PUPILS, tally.WITNESSED]].tolist() == [2, 1, 2, 2]
    assert last[tally.ATTITUDE] == 0.5 * unit
    assert histogram.sum() == 3
    assert (histogram[0, 2], histogram[0, 7], histogram[1, 5]) == (1, 1, 1)
    assert whole == (0.75 * unit, 1, 0.25 * unit, 2)  # the tie across; one girl, her household's approval; two trained
    assert np.array_equal(sums[:, :17], [first + last, first, last])
    # Nobody lives in the second cell, so nothing that is counted there is anybody's.
    assert np.array_equal(sums[:, 17:], [np.arange(10) * 2 + 20, np.arange(10), np.arange(20, 30)])
    assert not events.any()

    states.here[0] = False
    tally.week(groups, states, totals, events, histogram, sums)
    assert totals[0, [tally.PEOPLE, tally.ASKED]].tolist() == [2, 1]  # who is away is not asked


# ------------------------------------------------------------------------------- a run against its own books
@pytest.fixture(scope="module")
def run(small: Scenario) -> CohesionModel:
    model = CohesionModel(small, "project", rng=2, weeks=60)
    model.run_model()
    return model


def test_every_measure_is_declared_and_reported(run: CohesionModel) -> None:
    frame = run.frame()
    assert list(frame.columns) == ["week", "by", "group", "residents", *MEASURES]
    assert len(frame) == 60 * len(run.start.groups.names)
    whole = frame[frame["by"] == "all"]
    assert not whole[[m for m in MEASURES if m != "good"]].isna().any().any()
    for measure in MEASURES.values():
        assert measure.better in (-1, 0, 1)
        assert measure.unit
        assert measure.meaning
        values = frame[measure.name].dropna()
        if measure.unit in ("0-1", "share"):
            assert values.between(0, 1).all(), measure.name
        elif measure.unit in ("count", "people", "USD"):
            assert (values >= 0).all(), measure.name
        elif measure.unit == "0-10":
            assert values.between(0, 10).all()


def test_groups_add_up_to_everyone(run: CohesionModel) -> None:
    frame = run.frame()
    whole = frame[frame["by"] == "all"].set_index("week")
    for by in ("sex", "age", "community", "village"):
        parts = frame[frame["by"] == by].groupby("week")
        assert (parts["residents"].sum() == whole["residents"]).all()
        for name in (
            "violent",
            "disputes",
            "settled",
            "registered",
            "unresolved",
            "blows",
            "group_fights",
            "marriages",
            "attended",
            "reached",
        ):
            assert (parts[name].sum() == whole[name]).all(), (by, name)


def test_the_last_week_is_the_state(run: CohesionModel) -> None:
    last = run.frame().query("by == 'all'").iloc[-1]
    state, m = run.state, run.start
    asked = m.asked & state.here  # a survey meets those who are at home
    to_others = attitude_to_others(state.attitude, m.people.community, m.out_weights)[asked]
    trusts = (state.good + 1) / (state.good + state.bad + 2)
    expected = {
        "attitude": to_others.mean(),
        "acceptance": (to_others >= m.scenario.attitudes.acceptance_cut).mean(),
        "norm": state.norm[asked].mean(),
        "trust": trusts[asked].mean(),
        "security": state.security[asked].mean(),
        "grievance": state.grievance[asked].mean(),
        "participation": state.participation[asked].mean(),
        "contact": (state.met[asked] > 0).mean(),
        "tie_trust": state.tie_trust[m.across].mean(),
        "open": state.docket.size[0],
        "attended": state.attended.sum(),
        "reached": state.reached.sum(),
        "mediators": (state.skill >= 0.1).sum(),
        "language": (state.speaks[asked] & 1).mean(),
    }
    for name, value in expected.items():
        assert last[name] == pytest.approx(float(value), abs=2e-6 if name != "open" else 0), name
    assert last["cohesion"] == pytest.approx(10 * np.mean([last[part] for part in measures.COHESION_PARTS]))
    people = np.bincount(m.people.community)
    means = [
        run.frame().query("by == 'community'").groupby("group")["attitude"].last()[g] for g in m.people.community_names
    ]
    assert last["spread"] == pytest.approx(max(means) - min(means))
    assert people.sum() == last["residents"]


def test_disputes_and_money_balance(run: CohesionModel) -> None:
    frame = run.frame().query("by == 'all'")
    kinds = run.record.kinds
    ended = frame["settled"].sum() + frame["violent"].sum() + frame["unresolved"].sum()
    assert frame["disputes"].sum() == ended + frame["open"].iloc[-1]
    assert frame["disputes"].sum() == kinds[0].sum()
    outcome = run.record.outcome(run.state)
    assert outcome.open_by_kind.sum() == frame["open"].iloc[-1]
    assert sum(usd for usd, _ in outcome.money.values()) == pytest.approx(frame["spending"].sum())
    assert all(own <= usd for usd, own in outcome.money.values())
    assert outcome.weekly.shape == (len(run.frame()), len(MEASURES))


def test_pupils_who_saw_violence_are_counted_from_the_start_of_each_year(run: CohesionModel) -> None:
    seen = run.frame().query("by == 'all'")["witnessed"].to_numpy()
    assert (np.diff(seen[:52]) >= -0.01).all()
    assert seen[51] > 0
    assert seen[52] < seen[51]
