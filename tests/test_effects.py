"""Effects, costs and ranking against hand-worked numbers and SciPy's own tests."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import synthetic
from cohesion_sim.measures import MEASURES
from cohesion_sim.scenario import Measurement
from cohesion_sim.studies import effects as paired
from cohesion_sim.studies.ranking import cost_effectiveness, outcomes_of, pairs, ranking

SURVEY = Measurement(
    survey=400, cluster=20, icc=0.1, reliability=0.6, response=0.8, desirability=0.1, shock=0.05, items=1
)


def small(
    violent: dict[str, list[float]], trust: dict[str, list[float]], weeks: int = 26, residents: int = 2_000
) -> pd.DataFrame:
    """Return a weekly table: ``violent`` disputes a week and ``trust`` of the last 13 weeks, by run."""
    rows = []
    for programme, values in violent.items():
        for replication, number in enumerate(values):
            for week in range(1, weeks + 1):
                row = {
                    "programme": programme,
                    "replication": replication,
                    "week": week,
                    "by": "all",
                    "group": "all",
                }
                row |= {"residents": residents} | dict.fromkeys(MEASURES, 0.0)
                late = week > weeks - 13
                row |= {"violent": number, "trust": trust[programme][replication] if late else 0.9}
                rows.append(row)
    return pd.DataFrame(rows)


def row(table: pd.DataFrame, **keys: str) -> pd.Series:
    """Return the one row with these keys."""
    for name, value in keys.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_flow_is_a_rate_and_stock_is_the_mean_of_the_last_weeks():
    weekly = small({"nothing": [1.0], "p": [0.5]}, {"nothing": [0.4], "p": [0.6]})
    table = paired.effects(weekly, SURVEY)
    violent, trust = row(table, measure="violent"), row(table, measure="trust")
    # One a week among 2,000 is 52 a year, 26 per 1,000.
    assert (violent["nothing"], violent["with"], violent["effect"]) == pytest.approx((26, 13, -13))
    assert (trust["nothing"], trust["with"]) == pytest.approx((0.4, 0.6))
    assert violent["unit"] == "per 1,000 a year"
    assert np.isnan(violent["low"])  # one pair has no interval


def test_spending_is_the_sum_of_the_run():
    weekly = small({"nothing": [0.0], "p": [0.0]}, {"nothing": [0.4], "p": [0.4]})
    weekly.loc[weekly["programme"] == "p", "spending"] = 100.0
    assert row(paired.effects(weekly, SURVEY), measure="spending")["effect"] == pytest.approx(2600)


def test_intervals_are_those_of_the_paired_and_unpaired_t_tests():
    nothing, arm = np.array([0.41, 0.52, 0.47, 0.60, 0.38]), np.array([0.45, 0.53, 0.52, 0.61, 0.44])
    weekly = small({"nothing": [1.0] * 5, "p": [1.0] * 5}, {"nothing": list(nothing), "p": list(arm)})
    found = row(paired.effects(weekly, SURVEY), measure="trust")
    together = stats.ttest_rel(arm, nothing).confidence_interval()
    apart = stats.ttest_ind(arm, nothing, equal_var=False).confidence_interval()
    assert (found["low"], found["high"]) == pytest.approx((together.low, together.high))
    assert (found["unpaired_low"], found["unpaired_high"]) == pytest.approx((apart.low, apart.high))
    expected = (arm.var(ddof=1) + nothing.var(ddof=1)) / (arm - nothing).var(ddof=1)
    assert found["luck"] == pytest.approx(expected)
    assert (found["q05"], found["q95"]) == pytest.approx(tuple(np.quantile(arm - nothing, [0.05, 0.95])))


def test_better_follows_the_direction_of_the_measure_and_ties_count_half():
    weekly = small({"nothing": [2, 2, 2, 2], "p": [1, 2, 3, 1]}, {"nothing": [0.5] * 4, "p": [0.6, 0.5, 0.4, 0.6]})
    weekly["disputes"] = weekly["violent"]
    table = paired.effects(weekly, SURVEY)
    assert row(table, measure="violent")["better"] == pytest.approx(2.5 / 4)
    assert row(table, measure="trust")["better"] == pytest.approx(2.5 / 4)
    assert np.isnan(row(table, measure="disputes")["better"])
    counts = ["runs_better", "runs_same", "runs_worse"]
    assert list(row(table, measure="violent")[counts]) == [2, 1, 1]
    assert row(table, measure="disputes")[counts].isna().all()


def test_idle_programme_has_exactly_no_effect():
    table = synthetic.result({"idle": {}}, weeks=30, replications=4).effects()
    assert (table[["effect", "low", "high", "q05", "q95"]] == 0).all().all()
    assert set(table["better"].dropna()) == {0.5}


def test_planted_effect_is_found_in_every_group():
    table = synthetic.result({"p": {"cohesion": 0.05}}, weeks=60, replications=6).effects()
    rows = table[table["measure"] == "cohesion"]
    assert list(zip(rows["by"], rows["group"], strict=True)) == [(by, group) for by, group, _ in synthetic.groups()]
    assert rows["effect"].to_numpy() == pytest.approx(0.05, abs=0.002)
    assert (rows["low"] > 0).all()


def test_measure_without_meaning_for_a_group_has_no_row():
    table = synthetic.result(weeks=20, replications=2).effects()
    assert set(table.loc[table["measure"] == "polarisation", "by"]) == {"all"}


def test_a_failed_replication_leaves_its_pair_out():
    weekly = small({"nothing": [2, 2, 9], "p": [1, 1, 9]}, {"nothing": [0.5] * 3, "p": [0.6] * 3})
    weekly = weekly[~((weekly["programme"] == "p") & (weekly["replication"] == 2))]
    found = row(paired.effects(weekly, SURVEY), measure="violent")
    assert found["replications"] == 2
    assert found["nothing"] == pytest.approx(52)  # the ninth dispute of the unpaired run is not in it


def test_person_years_not_heads():
    weekly = small({"nothing": [1.0], "p": [1.0]}, {"nothing": [0.5], "p": [0.5]})
    weekly.loc[(weekly["programme"] == "p") & (weekly["week"] > 13), "residents"] = 4_000
    assert row(paired.effects(weekly, SURVEY), measure="violent")["with"] == pytest.approx(1000 * 52 / 3000)


def test_survey_error_by_hand():
    # Design effect 1 + 19 × 0.1 = 2.9.
    assert paired.survey_error("acceptance", 0.5, 0.5, SURVEY) == pytest.approx(np.sqrt(2 * 0.25 * 2.9 / 400))
    assert paired.survey_error("trust", 0.5, 0.5, SURVEY) == pytest.approx(np.sqrt(2 * 0.22**2 / 0.6 * 2.9 / 400))
    assert np.isnan(paired.survey_error("violent", 1, 1, SURVEY))
    assert np.isnan(paired.survey_error("witnessed", 0.4, 0.4, SURVEY))
    assert np.isnan(paired.survey_error("cohesion", 5, 5, SURVEY))


def test_power_is_chance_at_no_effect_and_eighty_percent_at_2_8_errors():
    found = paired.power(np.array([0.0, 2.8016, -2.8016, 50.0]), np.ones(4))
    assert found == pytest.approx([0.05, 0.80, 0.80, 1.0], abs=1e-3)


def test_not_asked_measures_exist():
    assert set(MEASURES) >= paired.NOT_ASKED


def test_only_all_residents_have_a_survey():
    table = synthetic.result(weeks=20, replications=3).effects()
    asked = table[table["survey_error"].notna()]
    assert set(asked["by"]) == {"all"}
    assert {"trust", "attitude", "acceptance"} <= set(asked["measure"])


def costs(**usd: list[float]) -> pd.DataFrame:
    """Return a money table with one line a run."""
    rows = [(name, r, "l", "x", value, 0.0) for name, values in usd.items() for r, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["programme", "replication", "label", "line", "usd", "own"])


def test_price_of_a_dispute_kept_from_violence():
    weekly = small({"nothing": [3, 3, 3, 3], "p": [2, 1, 2, 2]}, {"nothing": [0.5] * 4, "p": [0.5] * 4})
    table = cost_effectiveness(weekly, costs(p=[520.0] * 4))
    found = row(table, outcome="violent")
    gain = np.array([26, 52, 26, 26])
    ends = stats.t.interval(0.95, 3, gain.mean(), stats.sem(gain))
    assert (found["gain"], found["low"], found["high"]) == pytest.approx((gain.mean(), *ends))
    assert found["usd_per"] == pytest.approx(520 / gain.mean())
    # With a certain cost, Fieller's interval is the cost over the ends of the gain.
    assert (found["usd_low"], found["usd_high"]) == pytest.approx((520 / ends[1], 520 / ends[0]))
    assert found["defined"]


@pytest.mark.parametrize("arm", [[3, 3, 3, 3], [2, 4, 2, 4], [4, 5, 4, 5]])
def test_no_price_for_nothing_or_harm(arm):
    weekly = small({"nothing": [3, 3, 3, 3], "p": arm}, {"nothing": [0.5] * 4, "p": [0.5] * 4})
    found = row(cost_effectiveness(weekly, costs(p=[520.0] * 4)), outcome="violent")
    assert not found["defined"]
    assert np.isnan([found["usd_per"], found["usd_low"], found["usd_high"]]).all()


def test_price_is_certain_when_cost_follows_gain():
    weekly = small({"nothing": [5, 5, 5, 5], "p": [2, 1, 3, 2]}, {"nothing": [0.5] * 4, "p": [0.5] * 4})
    found = row(cost_effectiveness(weekly, costs(p=[300, 400, 200, 300])), outcome="violent")
    assert (found["usd_low"], found["usd_high"]) == pytest.approx((100 / 26, 100 / 26), rel=1e-6)


def test_cost_is_what_comes_on_top_of_nothing():
    weekly = small({"nothing": [3, 3], "p": [2, 2]}, {"nothing": [0.5] * 2, "p": [0.5] * 2})
    table = cost_effectiveness(weekly, costs(p=[500, 500], nothing=[100, 100]))
    assert row(table, outcome="violent")["usd"] == 400


def four() -> tuple[pd.DataFrame, pd.DataFrame]:
    violent = {
        "nothing": [9, 8, 9, 8, 9, 8], "weak": [8, 7, 9, 7, 8, 8], "strong": [4, 3, 4, 3, 4, 3],
        "dear": [4, 3, 4, 3, 4, 3], "twin": [8, 7, 8, 8, 8, 7], "free": [7, 6, 7, 6, 7, 6],
    }  # fmt: skip
    weekly = small(violent, {name: [0.5] * 6 for name in violent})
    money = costs(weak=[1000] * 6, strong=[1000] * 6, dear=[50_000] * 6, twin=[1000] * 6)
    return weekly, money


def test_ranking_by_gain_for_money():
    weekly, money = four()
    table = ranking(weekly, money, ("violent",))
    assert list(table["programme"]) == ["strong", "twin", "weak", "dear", "free"]
    assert list(table["rank"]) == [1, 2, 3, 4, 5]
    tier = dict(zip(table["programme"], table["tier"], strict=True))
    assert tier["strong"] == 1
    assert tier["twin"] == tier["weak"] == 2
    assert tier["dear"] > 2
    assert tier["free"] == 0
    assert row(table, programme="twin")["same_as"] == "weak"
    assert row(table, programme="strong")["worth"] == pytest.approx(5 * 26)


def test_pairs_are_told_apart_by_their_own_paired_interval():
    weekly, money = four()
    table = pairs(weekly, money, ("violent",))
    assert "free" not in set(table["first"]) | set(table["second"])
    found = row(table, first="weak", second="twin")
    expected = stats.ttest_rel([1, 1, 0, 1, 1, 0], [1, 1, 1, 0, 1, 1]).confidence_interval()
    assert (found["low"] / 26, found["high"] / 26) == pytest.approx((expected.low, expected.high))
    assert not found["told_apart"]
    assert row(table, first="strong", second="dear")["told_apart"]


def test_summary_has_every_arm():
    table = synthetic.result(weeks=20, replications=3).summary()
    assert set(table["programme"]) == {"nothing", "project"}
    assert not table.duplicated(["programme", "measure", "by", "group"]).any()
    assert (table["q05"] <= table["median"]).all()
    assert (table["median"] <= table["q95"]).all()


def test_order_of_rows_does_not_matter():
    made = synthetic.result(weeks=20, replications=3)
    turned = made.weekly.iloc[::-1].astype({"programme": str, "by": str, "group": str})
    keys = ["programme", "measure", "by", "group"]
    first = made.effects().set_index(keys).sort_index()
    second = paired.effects(turned, made.scenario.measurement).set_index(keys).sort_index()
    pd.testing.assert_frame_equal(first, second, check_index_type=False, rtol=1e-9, atol=1e-9, check_exact=False)


def test_all_runs_failed():
    made = synthetic.result(weeks=20, replications=2)
    assert paired.effects(made.weekly[:0], made.scenario.measurement).empty
    only_nothing = made.weekly[made.weekly["programme"] == "nothing"]
    assert paired.effects(only_nothing, made.scenario.measurement).empty


def test_by_group_finds_what_is_clearly_worse_in_either_direction():
    table = synthetic.result({"p": {"security": -0.05, "violent": 2.0}}, weeks=40, replications=5).effects()
    looked, harmed = paired.by_group(table, ["security", "violent"])
    groups = len(synthetic.groups()) - 1
    assert len(looked) == 2 * groups
    assert (harmed["measure"] == "security").sum() == groups
    assert (harmed["measure"] == "violent").sum() > groups / 2
    assert "all" not in set(harmed["by"])


def test_programmes_are_ranked_by_the_headline_as_far_as_it_has_a_direction():
    made = synthetic.scenario()
    assert outcomes_of(dataclasses.replace(made, headline=("marriages", "disputes", "language"))) == (
        "marriages", "language",
    )  # fmt: skip
    assert outcomes_of(dataclasses.replace(made, headline=("disputes",))) == ("violent", "cohesion")
