"""Virtual trials: who is assigned to what, what the true effect is, and what the estimates are made of."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import trials
from cohesion_sim import municipality
from cohesion_sim.consistency_trial import arm_sizes
from cohesion_sim.model import CohesionModel
from cohesion_sim.studies.trial import analysis, worlds
from cohesion_sim.studies.trial.live import live
from cohesion_sim.studies.trial.run import one_trial, run_trial, world

ARMS = """
[trial.arms.control]
[trial.arms.club]
programmes = ["club"]
[trial.arms.words]
programmes = ["words"]
[trial.arms.both]
programmes = ["club", "words"]
"""
TWO_ARMS = '[trial.arms.control]\n[trial.arms.club]\nprogrammes = ["club"]\n'
YOUNG = "[trial.participants]\nyoungest = 14\noldest = 28\n"


def inside(unit: str, more: str = "") -> str:
    return trials.text(trials.TRIAL + f'[trial.assignment]\nunit = "{unit}"\n' + more)


# ------------------------------------------------------------------------------------------ assignment


def test_arm_sizes_follow_the_weights_largest_remainder_first():
    assert arm_sizes([1, 1], 7) == [4, 3]
    assert arm_sizes([1, 2], 9) == [3, 6]
    assert arm_sizes([1, 2], 10) == [3, 7]
    assert arm_sizes([1, 1, 1, 1], 4) == [1, 1, 1, 1]
    assert sum(arm_sizes([0.3, 0.3, 0.4], 11)) == 11


def test_a_factorial_trial_gives_each_arm_its_programmes(tmp_path):
    scenario = trials.load(tmp_path, trials.text(trials.TRIAL.replace(TWO_ARMS, ARMS).replace("= 4", "= 8")))
    places = worlds.places(scenario, 1, 0)
    assert np.bincount([place.arm for place in places]).tolist() == [2, 2, 2, 2]
    given = {place.arm: sorted(worlds.programme_of(scenario.trial, place)[0].interventions) for place in places}
    assert given == {0: [], 1: ["club/club"], 2: ["words/words"], 3: ["club/club", "words/words"]}
    rows, _, failures = one_trial(scenario, 1, 0)
    assert failures == []
    assert [row["arm"] for row in rows] == ["club", "words", "both"]
    assert all(np.isfinite(row["estimate"]) for row in rows)


def test_weights_of_arms_are_kept(tmp_path):
    text = trials.text(trials.TRIAL.replace('["club"]', '["club"]\nshare = 2').replace("places = 4", "places = 9"))
    scenario = trials.load(tmp_path, text)
    assert np.bincount([place.arm for place in worlds.places(scenario, 3, 0)]).tolist() == [3, 6]


def test_assignment_is_the_same_for_the_same_seed_and_differs_between_trials(tmp_path):
    scenario = trials.load(tmp_path, trials.text(trials.TRIAL.replace("places = 4", "places = 20")))

    def arms(seed: int, repetition: int) -> list[int]:
        return [place.arm for place in worlds.places(scenario, seed, repetition)]

    assert arms(1, 0) == arms(1, 0)
    assert len({tuple(arms(1, k)) for k in range(6)}) == 6
    assert arms(1, 0) != arms(2, 0)
    seeds = [place.seed for k in range(3) for place in worlds.places(scenario, 1, k)]
    assert len(set(seeds)) == 60


def test_places_differ_as_the_file_says(tmp_path):
    vary = (
        '[trial.vary.size]\nnumber = "people.size"\nspread = "list"\nvalues = [220, 300]\n'
        '[trial.vary.warm]\nnumber = "attitudes.other_ethnicity"\nspread = "uniform"\nlow = 0.3\nhigh = 0.6\n'
        '[trial.vary.mixed]\nnumber = "people.dissimilarity"\nspread = "normal"\nmean = 0.5\nsd = 0.2\n'
        "low = 0.4\nhigh = 0.6\n"
    )
    scenario = trials.load(tmp_path, trials.text(trials.TRIAL.replace("places = 4", "places = 8") + vary))
    one, two = (worlds.places(scenario, 1, k) for k in range(2))
    assert [place.scenario.people.size for place in one] == [220, 300] * 4
    warm = [place.scenario.attitudes.other_ethnicity for place in (*one, *two)]
    assert len(set(warm)) == 16
    assert 0.3 <= min(warm) < 0.4
    assert 0.5 < max(warm) <= 0.6
    mixed = [place.scenario.people.dissimilarity for place in (*one, *two)]
    assert {min(mixed), max(mixed)} == {0.4, 0.6}


def test_matched_blocks_hold_one_of_each_arm_and_alike_ones(tmp_path):
    text = trials.TRIAL.replace("places = 4", "places = 8") + (
        '[trial.assignment]\nmatched_by = "size"\n'
        '[trial.vary.size]\nnumber = "people.size"\nspread = "list"\n'
        "values = [400, 210, 390, 310, 220, 320, 500, 510]\n"
    )
    scenario = trials.load(tmp_path, trials.text(text))
    places = worlds.places(scenario, 1, 0)
    blocks = {b: [p for p in places if p.block == b] for b in range(4)}
    assert [sorted(p.scenario.people.size for p in block) for block in blocks.values()] == [
        [210, 220], [310, 320], [390, 400], [500, 510],
    ]  # fmt: skip
    assert all(sorted(p.arm for p in block) == [0, 1] for block in blocks.values())
    # By attitude: the blocks' means rise from block to block.
    scenario = trials.load(tmp_path, trials.text(text.replace('"size"\n[trial.vary', '"attitude"\n[trial.vary')))
    places = worlds.places(scenario, 1, 0)
    warm = [worlds._mean_attitude(p.scenario, p.seed) for p in sorted(places, key=lambda p: p.block)]
    pairs = [warm[k : k + 2] for k in range(0, 8, 2)]
    assert all(max(lower) <= min(higher) for lower, higher in itertools.pairwise(pairs))


def test_a_stepped_wedge_begins_step_by_step_and_estimates(tmp_path):
    text = trials.TRIAL.replace("places = 4", "places = 6").replace("[0, 12]", "[0, 4, 8, 12]")
    text = text.replace('["club"]', '["club"]\nshare = 2') + "[trial.assignment]\nsteps = 2\nstep_weeks = 4\n"
    scenario = trials.load(tmp_path, trials.text(text))
    places = worlds.places(scenario, 1, 0)
    delays = {arm: sorted(p.delay for p in places if p.arm == arm) for arm in (0, 1)}
    assert delays == {0: [0, 0], 1: [0, 0, 4, 4]}
    late = next(p for p in places if p.delay == 4)
    club = worlds.programme_of(scenario.trial, late)[0].interventions["club/club"]
    assert (club.start, club.until) == (5, 16)
    lived = world(scenario, 1, 0)
    at = {
        wave: analysis.respondents(scenario, scenario.trial, lived, scenario.trial.outcomes["attitude"], wave)
        for wave in scenario.trial.waves
    }
    shares = [float(at[wave].late[at[wave].arm == 1].mean()) for wave in (0, 4, 8, 12)]
    assert shares == [0.0, 0.5, 1.0, 1.0]
    row = analysis.estimates(scenario, scenario.trial, lived, 1, 0)[0]
    assert np.isfinite([row["estimate"], row["error"], row["true"]]).all()


# ------------------------------------------------------------------------- arms inside the places


@pytest.mark.parametrize("unit", ["person", "household", "class", "quarter", "village"])
def test_units_inside_a_place_are_whole_and_shared_out_evenly(tmp_path, unit):
    more = '[villages.village]\nshare = { value = 0.5, range = [0, 1], mark = "A", source = "own" }\n'
    more += '[villages.other]\ntitle = { en = "other" }\n'
    more += 'share = { value = 0.5, range = [0, 1], mark = "A", source = "own" }\n'
    scenario = trials.load(tmp_path, inside(unit, more))
    place = worlds.places(scenario, 1, 0)[0]
    assert place.arm == -1
    start = municipality.build(place.scenario, place.seed)
    arm, of = worlds.units(scenario.trial, place, start, None)
    people = start.people
    wanted = {
        "person": np.arange(people.n), "household": people.household, "class": people.classroom,
        "quarter": people.quarter, "village": people.village,
    }[unit]  # fmt: skip
    np.testing.assert_array_equal(of, wanted)
    counts = pd.Series(arm[wanted >= 0]).groupby(wanted[wanted >= 0]).nunique()
    assert (counts == 1).all()  # nobody of a unit is in another arm
    first = pd.Series(arm).groupby(wanted).first()
    sizes = first[(first >= 0) & (first.index >= 0)].value_counts()
    assert set(sizes.index) == {0, 1}
    assert abs(sizes[0] - sizes[1]) <= 1


def test_only_persons_of_an_arm_attend_it(tmp_path):
    scenario = trials.load(tmp_path, inside("person", YOUNG))
    place = worlds.places(scenario, 1, 0)[0]
    start = municipality.build(place.scenario, place.seed)
    who = worlds.participants(scenario.trial.participants, start)
    arm, _ = worlds.units(scenario.trial, place, start, who)
    programme, arm_of = worlds.programme_of(scenario.trial, place)
    assert arm_of == {"club/club/club": 1}
    offered = {label: who & (arm == number) for label, number in arm_of.items()}
    model = CohesionModel(place.scenario, programme, rng=place.seed, weeks=12, start=start, offered=offered)
    model.run_model()
    attended = np.flatnonzero(model.state.attended)
    assert len(attended) > 5
    assert (arm[attended] == 1).all()
    assert who[attended].all()
    assert ((start.people.age[attended] >= 14) & (start.people.age[attended] < 29)).all()


@pytest.mark.parametrize("programme", ["project", "mediation_only"])
def test_a_model_invites_only_whom_it_may(small, small_town, same_bytes, programme):
    def lived(mask: np.ndarray | None) -> CohesionModel:
        labels = small.programmes[programme].interventions
        offered = None if mask is None else dict.fromkeys(labels, mask)
        model = CohesionModel(small, programme, rng=1, weeks=20, start=small_town, offered=offered)
        model.run_model()
        return model

    people = small_town.people
    even = people.household % 2 == 0
    some = lived(even)
    assert some.state.attended.sum() > 5
    assert not some.state.attended[~even].any()
    assert not some.state.reached[~even].any()
    assert same_bytes(lived(np.ones(people.n, np.bool_)), lived(None)) == []
    # Offered to nobody, it costs and serves, but nobody comes and nobody is taught.
    empty = lived(np.zeros(people.n, np.bool_))
    assert not empty.state.attended.any()
    assert not empty.state.skill.any()


def test_controls_are_untouched_where_nobody_meets(tmp_path):
    """Where people meet in the club alone, nothing leads from its members to anybody else."""
    scenario = trials.load(tmp_path, inside("person", YOUNG), trials.NOBODY_MEETS)
    rows, _, _ = one_trial(scenario, 1, 0)
    assert rows[0]["true_participants"] != 0
    assert rows[0]["true_controls"] == 0
    rows, _, _ = one_trial(trials.load(tmp_path, inside("person", YOUNG)), 1, 0)
    assert rows[0]["true_controls"] != 0


# ---------------------------------------------------------------------------------------- the true effect


def test_a_twin_of_a_control_place_is_the_place_itself(tmp_path, same_bytes):
    scenario = trials.load(tmp_path, trials.text())
    place = next(p for p in worlds.places(scenario, 1, 0) if p.arm == 0)
    lived = live(scenario.trial, place, with_twin=True)
    for key, answers in lived.answers.items():
        for measure, said in answers.items():
            assert said.tobytes() == lived.twin[key][measure].tobytes()
    assert all((difference[..., 0] == 0).all() for difference in lived.true.values())
    # The models behind them are the same too, in every bit.
    start = municipality.build(place.scenario, place.seed)
    programme, _ = worlds.programme_of(scenario.trial, place)
    same = worlds.together(place.scenario, scenario.trial.arms["control"].programmes)
    twin = dataclasses.replace(programme, name="control", interventions=same)
    models = [CohesionModel(place.scenario, p, rng=place.seed, weeks=12, start=start) for p in (programme, twin)]
    for model in models:
        model.run_model()
    assert same_bytes(*models) == []


def test_identical_arms_differ_by_chance_alone(tmp_path):
    text = trials.TRIAL.replace('["club"]', '["nothing"]').replace("[0, 12]", "[0, 2]")
    text = text.replace("places = 4", "places = 6")
    result = run_trial(trials.load(tmp_path, trials.text(text)), repetitions=24, twins=2, workers=1)
    known = result.estimates[result.estimates["true"].notna()]
    assert len(known) == 2
    assert (known[["true", "true_all", "true_controls"]] == 0).all(axis=None)
    row = result.summary.iloc[0]
    # Two trials in a thousand would be farther off than three standard errors.
    assert abs(row["mean"]) < 3 * row["mean_error"]
    assert row["mean_error"] < 0.1
    assert row["true"] == 0
    assert "wrong_sign" not in result.summary


def test_a_programme_in_all_arms_has_no_effect(tmp_path):
    text = trials.TRIAL.replace("[trial.arms.control]", '[trial.arms.control]\nprogrammes = ["club"]')
    rows, _, failures = one_trial(trials.load(tmp_path, trials.text(text)), 1, 0)
    assert failures == []
    assert rows[0]["true"] == rows[0]["true_all"] == 0


def test_a_programme_that_works_is_seen_in_the_truth(tmp_path):
    text = trials.TRIAL.replace('["club"]', '["words"]').replace('"attitude"', '"norm"')
    rows, _, _ = one_trial(trials.load(tmp_path, trials.text(text)), 1, 0)
    assert rows[0]["true_all"] > 0.05
    assert rows[0]["true_controls"] == 0


# -------------------------------------------------------------------------------------------------- sums


def test_a_rate_ratio_is_the_quotient_of_events_by_person_years(tmp_path):
    text = trials.TRIAL + '[trial.outcomes.disputes]\nmeasure = "disputes"\nover = 8\n'
    sets = {"disputes.registered": 9.0}
    scenario = trials.load(tmp_path, trials.text(text), sets)
    lived = world(scenario, 1, 0)
    events, years = np.zeros(2), np.zeros(2)
    for one in lived:
        programme, _ = worlds.programme_of(scenario.trial, one.place)
        model = CohesionModel(one.place.scenario, programme, rng=one.place.seed, weeks=12)
        model.run_model()
        weekly = model.record.frame()
        weekly = weekly[(weekly["by"] == "all") & (weekly["week"] > 4)]  # the last 8 of 12 weeks
        assert len(weekly) == 8
        events[one.place.arm] += weekly["disputes"].sum()
        years[one.place.arm] += weekly["residents"].sum() / 52
    row = next(r for r in analysis.estimates(scenario, scenario.trial, lived, 1, 0) if r["outcome"] == "disputes")
    assert events.min() > 0
    assert row["estimate"] == pytest.approx((events[1] / years[1]) / (events[0] / years[0]), rel=1e-12)
    assert row["control"] == pytest.approx(events[0] / years[0], rel=1e-12)


def test_worker_counts_give_the_same_frames(tmp_path):
    scenario = trials.load(tmp_path, trials.text(trials.TRIAL.replace("[0, 12]", "[0, 3]")))
    one, two = (run_trial(scenario, repetitions=3, twins=2, seed=4, workers=n) for n in (1, 2))
    for name in ("estimates", "summary", "likeness", "expected", "failures"):
        assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
