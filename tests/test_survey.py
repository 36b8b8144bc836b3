"""The survey: planted likeness and reliability are found, samples are what they should be, scales by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cohesion_sim.municipality import Municipality
from cohesion_sim.population import Population
from cohesion_sim.randomness import Luck
from cohesion_sim.studies.survey import (
    SCALE_SD,
    Survey,
    answers,
    design_effect,
    icc,
    on_scale,
    ordinary,
    sample,
    to_scale,
)

WAVES = range(1, 501)


@pytest.fixture(scope="module")
def town(municipality_of: Callable[..., Municipality]) -> Municipality:
    """Return 4,000 people in several villages and many quarters."""
    return municipality_of("zhazy", {"people.size": 4000}, 3)


@pytest.fixture(scope="module")
def people(town: Municipality) -> Population:
    return town.people


@pytest.fixture(scope="module")
def luck(town: Municipality) -> Luck:
    return Luck(11, "survey/test", town.people.key)


def planted(people: Population, share: float, sd: float = 0.1, number: int = 0) -> np.ndarray:
    """Return a truth around 0.5 with this share of its variance between quarters."""
    of_quarter = Luck(5, "quarters").normal("level", number, people.quarter)
    own = Luck(5, "people").normal("own", number, np.arange(people.n))
    return 0.5 + sd * (share**0.5 * of_quarter + (1 - share) ** 0.5 * own)


def everybody(people: Population) -> np.ndarray:
    return np.ones(people.n, np.bool_)


# ------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("reliability", [0.5, 0.6, 0.8])
def test_two_answers_of_one_truth_correlate_as_their_reliability_says(
    people: Population, luck: Luck, reliability: float
) -> None:
    rows = np.arange(people.n)
    truth = planted(people, 0.0, SCALE_SD)
    one, two = (
        answers(Survey(reliability=reliability), truth, None, people.village, luck, rows, wave, 0) for wave in (1, 2)
    )
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(reliability, abs=0.03)


def test_several_items_are_more_reliable(people: Population, luck: Luck) -> None:
    rows, truth = np.arange(people.n), planted(people, 0.0, SCALE_SD)
    one, two = (
        answers(Survey(reliability=0.5, items=4), truth, None, people.village, luck, rows, 1, item) for item in (0, 1)
    )
    spearman_brown = 4 * 0.5 / (1 + 3 * 0.5)
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(spearman_brown, abs=0.03)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.10, 0.18])
def test_planted_likeness_is_found(people: Population, luck: Luck, share: float) -> None:
    survey, truth_variance, error = Survey(reliability=0.8, shock=0.05), 0.1**2, SCALE_SD**2 * (1 / 0.8 - 1)
    found = []
    for wave in range(1, 41):
        rows = sample(Survey(n=800, cluster=20), people, everybody(people), luck, wave)
        told = answers(survey, planted(people, share, number=wave), None, people.quarter, luck, rows, wave, 0)
        found.append(icc(told, people.quarter[rows]))
    between = share * truth_variance + 0.05**2
    assert np.mean(found) == pytest.approx(between / (truth_variance + error + 0.05**2), abs=0.02)


def test_icc_by_hand() -> None:
    # Means 2 and 6, grand mean 4: between 16, within (2 + 2) / 2 = 2, two in each: (16 - 2) / (16 + 2).
    assert icc(np.array([1.0, 3, 5, 7]), np.array([0, 0, 1, 1])) == pytest.approx(14 / 18)
    # Sizes 1 and 3: n0 = 4 - 10 / 4 = 1.5; means 0 and 2: between 3, within 2 / 2 = 1.
    assert icc(np.array([0.0, 1, 2, 3]), np.array([9, 4, 4, 4])) == pytest.approx((3 - 1) / (3 + 0.5 * 1))
    assert np.isnan(icc(np.array([1.0, 2]), np.array([0, 0])))
    assert np.isnan(icc(np.array([1.0, 1, 1, 1]), np.array([0, 0, 1, 1])))
    assert design_effect(20, 0.1) == pytest.approx(2.9)


def test_desirable_answers_move_towards_the_norm(people: Population, luck: Luck) -> None:
    rows, truth, norm = np.arange(people.n), np.full(people.n, 0.4), np.full(people.n, 0.8)
    told = answers(Survey(reliability=1.0, desirability=0.25), truth, norm, people.village, luck, rows, 1, 0)
    assert told == pytest.approx(0.5)
    alone = answers(Survey(reliability=1.0, desirability=0.25), truth, None, people.village, luck, rows, 1, 0)
    assert alone == pytest.approx(0.4)


def test_shifts_belong_to_cluster_wave_and_item(people: Population, luck: Luck) -> None:
    survey, rows, truth = Survey(reliability=1.0, shock=0.05), np.arange(people.n), np.full(people.n, 0.5)

    def shift(wave: int, item: int) -> np.ndarray:
        told = answers(survey, truth, None, people.village, luck, rows, wave, item)
        assert max(np.ptp(told[people.village == v]) for v in range(len(people.village_names))) == 0
        return np.array([told[people.village == v][0] for v in range(len(people.village_names))])

    first = shift(1, 0)
    assert len(np.unique(first)) == len(people.village_names)
    assert not np.isclose(first, shift(2, 0)).any()
    assert not np.isclose(first, shift(1, 1)).any()
    many = np.concatenate([shift(wave, 0) for wave in WAVES])
    assert many.std() == pytest.approx(0.05, rel=0.05)


# ------------------------------------------------------------------------------------------- errors of means


def test_means_of_random_samples_err_as_computed(people: Population, luck: Luck) -> None:
    survey, truth = Survey(n=200, reliability=0.6), planted(people, 0.0)
    means = []
    for wave in WAVES:
        rows = sample(survey, people, everybody(people), luck, wave)
        means.append(answers(survey, truth, None, people.village, luck, rows, wave, 0).mean())
    drawn = truth.var() * (1 - 200 / people.n)
    assert np.std(means) == pytest.approx(((drawn + SCALE_SD**2 * (1 / 0.6 - 1)) / 200) ** 0.5, rel=0.08)
    assert np.mean(means) == pytest.approx(truth.mean(), abs=0.003)


def test_means_of_cluster_samples_err_by_the_design_effect(people: Population, luck: Luck) -> None:
    survey, truth = Survey(n=100, cluster=10, reliability=1.0, shock=0.05), planted(people, 0.0)
    means, within = [], []
    for wave in WAVES:
        rows = sample(survey, people, everybody(people), luck, wave)
        told = answers(survey, truth, None, people.quarter, luck, rows, wave, 0)
        means.append(told.mean())
        within.append(icc(told, people.quarter[rows]))
    variance, likeness = 0.1**2 + 0.05**2, 0.05**2 / (0.1**2 + 0.05**2)
    assert np.std(means) == pytest.approx((variance * design_effect(10, likeness) / 100) ** 0.5, rel=0.08)
    assert np.mean(within) == pytest.approx(likeness, abs=0.02)


# ------------------------------------------------------------------------------------------------- samples


def test_a_random_sample_has_its_size_and_everybody_once(people: Population, luck: Luck, town: Municipality) -> None:
    rows = sample(Survey(n=300), people, town.asked, luck, 1)
    assert len(rows) == len(set(rows)) == 300
    assert town.asked[rows].all()
    assert len(sample(Survey(n=5000), people, everybody(people), luck, 1)) == people.n
    assert len(sample(Survey(n=5000, cluster=20), people, np.zeros(people.n, np.bool_), luck, 1)) == 0
    assert len(sample(Survey(n=50), people, np.zeros(people.n, np.bool_), luck, 1)) == 0


def test_clusters_give_what_they_should(people: Population, luck: Luck) -> None:
    rows = sample(Survey(n=105, cluster=10), people, everybody(people), luck, 1)
    assert len(rows) == len(set(rows)) == 105
    sizes = np.bincount(people.quarter[rows])
    sizes = sizes[sizes > 0]
    assert len(sizes) <= 11
    assert sorted(sizes % 10)[-2:] == [0, 5]


def test_clusters_are_drawn_in_proportion_to_size(people: Population, luck: Luck) -> None:
    survey = Survey(n=40, cluster=10, cluster_by="village")
    total = np.zeros(len(people.village_names))
    for wave in range(1, 1001):
        rows = sample(survey, people, everybody(people), luck, wave)
        total += np.bincount(people.village[rows], minlength=len(total))
    expected = np.bincount(people.village) / people.n
    assert total / total.sum() == pytest.approx(expected, abs=0.015)


def test_every_person_has_the_same_chance_in_two_stages(people: Population, luck: Luck) -> None:
    survey, times = Survey(n=400, cluster=20), np.zeros(people.n)
    for wave in WAVES:
        times[sample(survey, people, everybody(people), luck, wave)] += 1
    chance = times.mean() / len(WAVES)
    assert chance == pytest.approx(0.1, abs=0.001)
    size = np.bincount(people.quarter)[people.quarter]
    small, large = size <= np.quantile(size, 0.25), size >= np.quantile(size, 0.75)
    assert times[small].mean() / len(WAVES) == pytest.approx(0.1, rel=0.08)
    assert times[large].mean() / len(WAVES) == pytest.approx(0.1, rel=0.08)


def test_refusals_are_replaced_by_the_next(people: Population, luck: Luck) -> None:
    all_willing = sample(Survey(n=people.n), people, everybody(people), luck, 1)
    half = sample(Survey(n=300, response=0.5), people, everybody(people), luck, 1)
    assert len(half) == 300
    willing = set(sample(Survey(n=people.n, response=0.5), people, everybody(people), luck, 1))
    assert len(willing) == pytest.approx(people.n / 2, abs=4 * (people.n / 4) ** 0.5)
    assert list(half) == [row for row in all_willing if row in willing][:300]
    few = everybody(people) & (np.arange(people.n) < 200)
    assert len(sample(Survey(n=150, response=0.5), people, few, luck, 1)) < 130  # exhausted


def test_the_cold_refuse_more_when_refusal_tilts(people: Population, luck: Luck) -> None:
    attitude = planted(people, 0.0, SCALE_SD)
    survey = Survey(n=people.n, response=0.5, refusal_tilt=2.0)
    rows = sample(survey, people, everybody(people), luck, 1, attitude)
    chance = 1 / (1 + np.exp(-2.0 * (attitude - attitude.mean())))
    assert attitude[rows].mean() == pytest.approx((chance * attitude).sum() / chance.sum(), abs=0.01)
    assert attitude[rows].mean() > attitude.mean() + 0.03


def test_one_adult_answers_for_a_household(people: Population, luck: Luck) -> None:
    survey = Survey(n=people.n, unit="household")
    rows = sample(survey, people, everybody(people), luck, 1)
    assert (people.age[rows] >= 18).all()
    assert len(np.unique(people.household[rows])) == len(rows) == len(np.unique(people.household[people.age >= 18]))
    again = sample(survey, people, everybody(people), luck, 2)
    adults = np.bincount(people.household[people.age >= 18], minlength=people.household.max() + 1)
    two = np.flatnonzero(adults == 2)
    same = np.isin(again, rows)[np.isin(people.household[again], two)]
    assert same.mean() == pytest.approx(0.5, abs=4 * 0.5 / len(two) ** 0.5)


@pytest.mark.parametrize("survey", [Survey(n=200, response=0.7), Survey(n=200, cluster=20, response=0.7)])
def test_waves_ask_others_and_a_panel_the_same(people: Population, luck: Luck, survey: Survey) -> None:
    rows = [set(sample(survey, people, everybody(people), luck, wave)) for wave in (0, 1)]
    assert len(rows[0] & rows[1]) < 60
    panel = replace(survey, panel=True)
    kept = [set(sample(panel, people, everybody(people), luck, wave)) for wave in (0, 1, 52)]
    assert kept[0] == kept[1] == kept[2] == rows[0]


def test_a_person_less_leaves_the_others_in_the_sample(people: Population, luck: Luck) -> None:
    full = sample(Survey(n=200), people, everybody(people), luck, 1)
    eligible = everybody(people)
    eligible[full[10]] = False
    assert list(sample(Survey(n=200), people, eligible, luck, 1)[:199]) == [*full[:10], *full[11:]]


# -------------------------------------------------------------------------------------------------- scales


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        ("unit", [0, 0.24, 0.5, 0.86, 1]),
        ("thermometer", [0, 25, 50, 85, 100]),
        ("trust4", [1, 2, 3, 4, 4]),  # 0.24 * 3 = 0.72; 0.5 * 3 = 1.5 is rounded up
        ("bogardus", [7, 6, 4, 2, 1]),
        ("index", [0, 2.4, 5, 8.6, 10]),
    ],
)
def test_scales_by_hand(scale: str, said: list[float]) -> None:
    survey, value = Survey(scale=scale), np.array([-0.1, 0.24, 0.5, 0.86, 1.2])
    assert on_scale(survey, value) == pytest.approx(said)
    assert to_scale(survey, to_scale(survey, value)) == pytest.approx(to_scale(survey, value))


def test_the_mean_of_items_has_finer_steps() -> None:
    assert on_scale(Survey(scale="trust4", items=2), np.array([0.5, 0.24])) == pytest.approx([2.5, 1.5])
    assert to_scale(Survey(scale="trust4"), np.array([0.5, 0.24])) == pytest.approx([2 / 3, 1 / 3])


def test_the_ordinary_survey_is_that_of_the_scenario(town: Municipality) -> None:
    facts = town.scenario.measurement
    survey = ordinary(facts)
    assert (survey.n, survey.cluster, survey.cluster_by) == (facts.survey, facts.cluster, "quarter")
    assert (survey.response, survey.reliability, survey.items) == (facts.response, facts.reliability, facts.items)
    assert (survey.desirability, survey.panel) == (facts.desirability, False)
    # The shift of quarters makes answers of one quarter as alike as the scenario says.
    assert survey.shock**2 == pytest.approx(facts.icc * SCALE_SD**2 / facts.reliability)
    assert ordinary(replace(facts, cluster=1)).cluster == 0
