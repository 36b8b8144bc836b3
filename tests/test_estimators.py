"""Estimators of trials: hand-worked numbers, agreement with statsmodels and SciPy, size and power by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from cohesion_sim.parameters import InputError
from cohesion_sim.randomness import Luck
from cohesion_sim.studies import estimators as est
from cohesion_sim.studies.planning import power_closed_form, smallest_effect
from cohesion_sim.studies.reassignment import assignments
from cohesion_sim.studies.sandwich import least_squares

LUCK = Luck(7, "test of estimators")


def clustered(k: int, treated: int, m: int, icc: float, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return answers with SD 1 and this ICC, who is treated, clusters."""
    cluster = np.repeat(np.arange(k), m)
    y = np.repeat(LUCK.normal("cluster", number, np.arange(k)), m) * icc**0.5
    y = y + LUCK.normal("person", number, np.arange(k * m)) * (1 - icc) ** 0.5
    return y, (cluster < treated).astype(float), cluster


def sizes(trials: int, one) -> dict[str, float]:
    """Return the share of trials called significant, by the names ``one`` gives its p-values."""
    found = [one(number) for number in range(trials)]
    return {name: float(np.mean([each[name] < 0.05 for each in found])) for name in found[0]}


# ---------------------------------------------------------------------------------------------- by hand


def test_difference_by_hand() -> None:
    y, treated = np.array([1.0, 2, 3, 5, 6, 10]), np.array([0.0, 0, 0, 1, 1, 1])
    found = est.difference(y, treated, inference="robust")
    # HC2: s0²/3 + s1²/3 with s0² = 1, s1² = 7
    assert found.value == pytest.approx(5.0)
    assert found.error == pytest.approx((1 / 3 + 7 / 3) ** 0.5)
    assert (found.n, found.clusters) == (6, 6)


def test_did_by_hand() -> None:
    y = np.array([1.0, 3, 2, 4, 5, 7, 9, 13])
    wave = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    treated = np.array([0.0, 0, 1, 1, 0, 0, 1, 1])
    for inference in ("robust", "cluster", "randomisation"):
        found = est.did(y, wave, treated, np.arange(8) % 4, inference=inference)
        assert found.value == pytest.approx((11 - 3) - (6 - 2))


def test_means_of_clusters_count_once() -> None:
    y = np.array([0.0, 0, 0, 0, 2, 4, 6])
    cluster, treated = np.array([0, 0, 0, 0, 1, 2, 3]), np.array([0.0, 0, 0, 0, 0, 1, 1])
    assert est.difference(y, treated, cluster, inference="cluster means").value == pytest.approx(5 - 1)
    assert est.difference(y, treated, cluster).value == pytest.approx(5 - 2 / 5)


def test_stratum_is_taken_out() -> None:
    # Two places, the second 10 higher and with more treated: within each the difference is 1.
    y = np.array([0.0, 0, 0, 1, 10, 11, 11, 11])
    treated = np.array([0.0, 0, 0, 1, 0, 1, 1, 1])
    place = np.repeat([0, 1], 4)
    assert est.difference(y, treated, inference="robust").value == pytest.approx(8.5 - 2.5)
    for inference in ("robust", "cluster", "cluster means", "randomisation"):
        assert est.difference(y, treated, inference=inference, stratum=place).value == pytest.approx(1.0)


def test_adjusted_takes_out_the_baseline_and_keeps_who_has_none() -> None:
    baseline = np.array([1.0, 2, 3, 4, 2, 3, 4, 5])
    treated = np.repeat([0.0, 1.0], 4)
    y = 2 * baseline + 3 * treated
    assert est.adjusted(y, baseline, treated, inference="robust").value == pytest.approx(3.0)
    baseline = np.append(baseline, [np.nan, np.nan])
    y, treated = np.append(y, [50.0, 53.0]), np.append(treated, [0.0, 1.0])
    found = est.adjusted(y, baseline, treated, inference="robust")
    assert found.value == pytest.approx(3.0)
    assert found.n == 10
    alone = est.adjusted(y, np.full(10, np.nan), treated, inference="robust")
    assert alone.value == pytest.approx(est.difference(y, treated).value)


def test_stepped_wedge_by_hand() -> None:
    place, wave = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    exposed = (wave > np.array([0, 0, 1, 1])[place]).astype(float)
    y = np.array([1.0, 4, 2, 8])[place] + np.array([0.0, 3, 5])[wave] + 2 * exposed
    y += np.where(place % 2, 0.1, -0.1) * (wave == 1)
    found = est.two_way(y, exposed, place, wave)
    assert found.value == pytest.approx(2.0)
    assert found.clusters == 4


def test_rate_ratio_by_hand() -> None:
    events, years = np.array([6.0, 10, 4, 4]), np.array([2.0, 2, 2, 4])
    treated = np.array([1.0, 1, 0, 0])
    found = est.rate_ratio(events, years, treated)
    assert found.value == pytest.approx((16 / 4) / (8 / 6))
    # HC2: units of one arm have leverage mu/sum(mu); residuals ±2 of 8, and 4 - 8/3, 4 - 16/3.
    variance = 2 * 4 / (1 - 1 / 2) / 16**2 + (16 / 9) * (1 / (1 - 1 / 3) + 1 / (1 - 2 / 3)) / 8**2
    assert found.error == pytest.approx(variance**0.5)
    assert found.low < found.value < found.high
    means = est.rate_ratio(events, years, treated, inference="cluster means")
    assert means.value == pytest.approx(4 / 1.5)


@pytest.mark.parametrize("inference", ["cluster", "cluster means", "robust", "randomisation"])
def test_no_events_in_an_arm_is_unknown(inference: str) -> None:
    for events in ([0.0, 0, 3, 4], [3.0, 4, 0, 0], [0.0, 0, 0, 0]):
        found = est.rate_ratio(np.array(events), np.ones(4), np.array([1.0, 1, 0, 0]), inference=inference)
        assert np.isnan([found.value, found.error, found.low, found.high, found.p]).all()


def test_strata_with_one_arm_say_nothing_of_a_ratio() -> None:
    years, alone = np.ones(6), np.array([1.0, 1, 1, 1, 0, 0])
    # Events of the treated only where there are no controls: nothing is known.
    found = est.rate_ratio(np.array([3.0, 4, 0, 0, 5, 6]), years, alone, stratum=np.array([0, 0, 1, 1, 1, 1]))
    assert np.isnan([found.value, found.p]).all()
    arms = np.array([0, 0, 0, 0, 1, 1])  # each stratum one arm
    assert np.isnan(est.rate_ratio(np.array([3.0, 4, 5, 6, 7, 8]), years, alone, stratum=arms).value)
    # A stratum of treated only, added to two with both, changes neither value nor error.
    events, treated = np.array([3.0, 2, 5, 1, 4, 2, 6, 2]), np.array([1.0, 0, 1, 0, 1, 0, 1, 0])
    stratum = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    plain = est.rate_ratio(events, np.ones(8), treated, stratum=stratum)
    more = est.rate_ratio(
        np.append(events, [9.0, 8]), np.ones(10), np.append(treated, [1.0, 1]), stratum=np.append(stratum, [2, 2])
    )
    assert (more.value, more.error, more.degrees) == pytest.approx((plain.value, plain.error, plain.degrees))


def test_one_unit_an_arm_has_a_ratio_and_no_error() -> None:
    found = est.rate_ratio(np.array([3.0, 4]), np.array([1.0, 2]), np.array([1.0, 0]))
    assert found.value == pytest.approx(1.5)
    assert np.isnan([found.error, found.low, found.high, found.p]).all()


@pytest.mark.parametrize("inference", ["cluster", "cluster means", "robust", "randomisation"])
def test_an_unknown_answer_makes_the_estimate_unknown(inference: str) -> None:
    y, treated = np.array([1.0, 2, np.nan, 4, 5, 6]), np.array([1.0, 1, 1, 0, 0, 0])
    assert np.isnan(est.difference(y, treated, inference=inference).p)


def test_an_unknown_inference_is_refused() -> None:
    y, treated = np.arange(4.0), np.array([1.0, 1, 0, 0])
    for call in (
        lambda: est.difference(y, treated, inference="clusters"),
        lambda: est.adjusted(y, y, treated, inference="clusters"),
        lambda: est.did(y, np.array([0, 1.0, 0, 1]), treated, inference="clusters"),
        lambda: est.rate_ratio(y, np.ones(4), treated, inference="clusters"),
    ):
        with pytest.raises(InputError, match="unknown inference"):
            call()


def test_what_is_not_identified_is_unknown() -> None:
    y, treated = np.array([1.0, 2, 3, 4]), np.array([0.0, 0, 1, 1])
    same = np.array([0, 0, 1, 1])
    for inference in ("cluster", "cluster means", "robust", "randomisation"):
        assert np.isnan(est.difference(y, treated, same, inference=inference, stratum=same).value)
    assert np.isnan(est.difference(y, np.ones(4)).p)
    assert np.isnan(est.difference(y, treated, same).error)  # one cluster an arm
    assert np.isnan(est.difference(y, treated, same, inference="cluster means").error)


# ------------------------------------------------------------------------------------ against other software


def test_agrees_with_the_t_tests_of_scipy() -> None:
    from scipy import stats

    y, treated, cluster = clustered(14, 6, 9, 0.2, 1)
    means = y.reshape(14, 9).mean(axis=1)
    t = stats.ttest_ind(means[:6], means[6:])
    found = est.difference(y, treated, cluster, inference="cluster means")
    interval = t.confidence_interval()
    assert (found.p, found.low, found.high) == pytest.approx((t.pvalue, interval.low, interval.high))
    # Equal clusters: CR2 is Welch's variance of the means of clusters.
    welch = stats.ttest_ind(means[:6], means[6:], equal_var=False)
    away = means[:6].mean() - means[6:].mean()
    assert est.difference(y, treated, cluster).error == pytest.approx(away / welch.statistic)


def test_agrees_with_statsmodels() -> None:
    import statsmodels.api as sm

    y, treated, cluster = clustered(12, 6, 8, 0.2, 2)
    keep = LUCK.uniform("kept", 0, np.arange(len(y))) < 0.7
    y, treated, cluster = y[keep], treated[keep], cluster[keep]
    baseline = y + LUCK.normal("noise", 0, np.arange(len(y)))
    x = np.column_stack([np.ones(len(y)), treated, baseline])
    assert est.adjusted(y, baseline, treated, inference="robust").error == pytest.approx(
        sm.OLS(y, x).fit(cov_type="HC2").bse[1]
    )
    # CR2 written out with whole matrices, from statsmodels' own fit and its cluster covariance without correction.
    fitted = sm.OLS(y, x).fit()
    inverse = np.linalg.inv(x.T @ x)
    plain, corrected = np.zeros((3, 3)), np.zeros((3, 3))
    for g in np.unique(cluster):
        xg, e = x[cluster == g], fitted.resid[cluster == g]
        value, vector = np.linalg.eigh(np.eye(len(e)) - xg @ inverse @ xg.T)
        plain += np.outer(xg.T @ e, xg.T @ e)
        e = vector @ ((vector.T @ e) / np.sqrt(value))
        corrected += np.outer(xg.T @ e, xg.T @ e)
    theirs = fitted.get_robustcov_results("cluster", groups=cluster, use_correction=False).cov_params()
    assert inverse @ plain @ inverse == pytest.approx(theirs)
    found = est.adjusted(y, baseline, treated, cluster)
    assert found.value == pytest.approx(fitted.params[1])
    assert found.error == pytest.approx((inverse @ corrected @ inverse)[1, 1] ** 0.5)


def test_fixed_effects_are_the_columns_they_stand_for() -> None:
    y, treated, cluster = clustered(12, 6, 8, 0.2, 3)
    stratum = cluster % 3
    dummies = (stratum[:, None] == np.arange(1, 3)).astype(float)
    taken_out = est.difference(y, treated, cluster, stratum=stratum)
    written = least_squares(y, np.column_stack([treated, dummies]), cluster)
    assert (taken_out.value, taken_out.error, taken_out.degrees) == pytest.approx(
        (written.value, written.error, written.degrees)
    )


def test_rate_ratio_agrees_with_statsmodels() -> None:
    import statsmodels.api as sm

    n = 4000
    treated = (np.arange(n) % 2).astype(float)
    events = np.floor(LUCK.uniform("events", 0, np.arange(n)).astype(float) * (4 + 2 * treated))
    years = 1 + LUCK.uniform("years", 0, np.arange(n)).astype(float)
    model = sm.GLM(events, sm.add_constant(treated), family=sm.families.Poisson(), exposure=years).fit(cov_type="HC0")
    found = est.rate_ratio(events, years, treated)
    assert np.log(found.value) == pytest.approx(model.params[1])
    assert found.error == pytest.approx(model.bse[1], rel=1e-3)  # in many units no correction is left
    half = np.repeat([0, 1], n // 2)
    years = years * np.where(half, 5, 1)
    assert est.rate_ratio(events, years, treated, stratum=half).value == pytest.approx(found.value, rel=0.03)


# ----------------------------------------------------------------------------------------- degrees and size


def test_degrees_of_freedom_of_equal_clusters() -> None:
    y, treated, cluster = clustered(20, 10, 5, 0.1, 4)
    assert est.difference(y, treated, cluster).degrees == pytest.approx(18)
    y, treated, cluster = clustered(15, 10, 5, 0.1, 4)
    welch = (1 / 10 + 1 / 5) ** 2 / (1 / 10**2 / 9 + 1 / 5**2 / 4)  # Satterthwaite, equal variances
    assert est.difference(y, treated, cluster).degrees == pytest.approx(welch)
    y, treated, cluster = clustered(16, 8, 5, 0.1, 4)
    pairs = cluster % 8
    assert est.difference(y, treated, cluster, stratum=pairs).degrees == pytest.approx(7)
    means = y.reshape(2, 8, 5).mean(axis=2)
    paired = est.difference(y, treated, cluster, stratum=pairs)
    assert paired.error == pytest.approx(np.std(means[0] - means[1], ddof=1) / 8**0.5)


@pytest.mark.parametrize(("k", "treated"), [(20, 10), (15, 10)])
def test_placebo_trials_are_significant_as_often_as_promised(k: int, treated: int) -> None:
    def one(number: int) -> dict[str, float]:
        y, arm, cluster = clustered(k, treated, 20, 0.1, number)
        return {name: est.difference(y, arm, cluster, inference=name).p for name in ("cluster", "cluster means")}

    for name, size in sizes(2500, one).items():
        assert 0.035 < size < 0.065, name


def test_other_estimators_hold_their_size() -> None:
    def one(number: int) -> dict[str, float]:
        y, arm, cluster = clustered(20, 10, 10, 0.1, number)
        wave, place = np.arange(200) % 2, np.repeat(np.arange(20), 10)
        baseline = y + LUCK.normal("before", number, np.arange(200))
        person = (LUCK.uniform("arm", number, np.arange(200)) < 0.5).astype(float)
        exposed = (wave * (cluster < 10)).astype(float)
        return {
            "adjusted": est.adjusted(y, baseline, arm, cluster).p,
            "did": est.did(y, wave, arm, cluster).p,
            "did of means": est.did(y, wave, arm, cluster, inference="cluster means").p,
            "inside places": est.difference(y, person, inference="robust", stratum=place).p,
            "wedge": est.two_way(y, exposed, cluster, wave).p,
            "pairs": est.difference(y, arm, cluster, stratum=cluster % 10).p,
        }

    for name, size in sizes(1000, one).items():
        assert 0.035 < size < 0.065, name


def test_rate_ratio_holds_its_size_when_places_differ() -> None:
    def one(number: int) -> dict[str, float]:
        rate = 8 + 2 * LUCK.normal("rate", number, np.arange(30))
        events = np.rint(rate + LUCK.normal("events", number, np.arange(30)) * np.sqrt(rate)).clip(0)
        arm = (np.arange(30) < 12).astype(float)
        return {"ratio": est.rate_ratio(events, np.ones(30), arm).p}

    assert 0.035 < sizes(1000, one)["ratio"] < 0.065


def test_power_is_that_of_the_closed_form() -> None:
    k, m, icc, d = 30, 70, 0.10, 0.30

    def one(number: int) -> dict[str, float]:
        y, arm, cluster = clustered(k, 15, m, icc, number)
        y = y + d * arm
        return {name: est.difference(y, arm, cluster, inference=name).p for name in ("cluster", "cluster means")}

    for name, power in sizes(2000, one).items():
        assert power == pytest.approx(power_closed_form(k, m, icc, d), abs=0.03), name


# ----------------------------------------------------------------------------------------- re-assignment


def test_two_against_two_is_never_significant() -> None:
    y, treated = np.array([9.0, 8.0, 1.0, 0.0]), np.array([1.0, 1, 0, 0])
    found = est.difference(y, treated, inference="randomisation")
    assert found.p == pytest.approx(1 / 3)
    assert (found.value, found.low, found.high) == (8.0, -np.inf, np.inf)


@pytest.mark.parametrize(("k", "p"), [(6, 0.1), (8, 2 / 70), (10, 2 / 252)])
def test_smallest_p_of_a_re_assignment(k: int, p: float) -> None:
    y, treated = np.arange(k, dtype=float), (np.arange(k) >= k // 2).astype(float)
    assert est.difference(y, treated, inference="randomisation").p == pytest.approx(p)
    events = np.arange(1.0, k + 1)
    assert est.rate_ratio(events, np.ones(k), treated, inference="randomisation").p == pytest.approx(p)


def test_re_assignment_stays_inside_strata() -> None:
    treated, stratum = np.array([True, False, True, False, False]), np.array([0, 0, 1, 1, 1])
    drawn, every = assignments(treated, stratum, 499, None)
    assert every
    assert len({tuple(row) for row in drawn}) == len(drawn) == 2 * 3
    many = np.arange(40) % 2 == 0
    drawn, every = assignments(many, np.arange(40) // 20, 300, LUCK)
    assert not every
    assert drawn.shape == (300, 40)
    assert (drawn[:, :20].sum(axis=1) == 10).all()
    assert (drawn[:, 20:].sum(axis=1) == 10).all()
    assert drawn.mean(axis=0) == pytest.approx(0.5, abs=4 * 0.5 / 300**0.5)
    again, _ = assignments(many, np.arange(40) // 20, 300, LUCK)
    assert (drawn == again).all()


def test_re_assignment_agrees_with_scipy_and_the_t_interval() -> None:
    from scipy import stats

    y, treated, cluster = clustered(12, 6, 4, 0.3, 5)
    means = y.reshape(12, 4).mean(axis=1)
    theirs = stats.permutation_test(
        (means[:6], means[6:]), lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis), n_resamples=np.inf,
        vectorized=True,
    )  # fmt: skip
    found = est.difference(y, treated, cluster, inference="randomisation")
    assert found.p == pytest.approx(theirs.pvalue)
    t = est.difference(y, treated, cluster, inference="cluster means")
    assert (found.low, found.high) == pytest.approx((t.low, t.high), abs=0.15 * (t.high - t.low))
    assert found.error == pytest.approx(t.error, rel=0.1)


def test_re_assignment_holds_its_size_and_has_power() -> None:
    def one(number: int) -> dict[str, float]:
        y, arm, cluster = clustered(16, 8, 6, 0.1, number)
        baseline = y + LUCK.normal("before", number, np.arange(96))
        wave, luck = np.arange(96) % 2, Luck(number, "test")
        plain = {"inference": "randomisation", "luck": luck, "permutations": 199}
        return {
            "difference": est.difference(y, arm, cluster, **plain).p,
            "adjusted": est.adjusted(y, baseline, arm, cluster, **plain).p,
            "did": est.did(y, wave, arm, cluster, **plain).p,
            "pairs": est.difference(y, arm, cluster, stratum=cluster % 8, **plain).p,
            "seen": est.difference(y + 0.9 * arm, arm, cluster, **plain).p,
        }

    found = sizes(600, one)
    assert found.pop("seen") == pytest.approx(power_closed_form(16, 6, 0.1, 0.9), abs=0.04)
    for name, size in found.items():
        assert 0.03 < size < 0.07, name


def test_a_split_cluster_cannot_be_re_assigned() -> None:
    with pytest.raises(InputError, match="one arm"):
        est.difference(np.arange(4.0), np.array([0.0, 1, 0, 1]), np.array([0, 0, 1, 1]), inference="randomisation")


# ---------------------------------------------------------------------------------------------- planning


@pytest.mark.parametrize(
    ("k", "m", "effects"),
    [
        (4, 300, (1.24, 1.72, 2.10)),
        (30, 70, (0.27, 0.36, 0.43)),
        (60, 50, (0.19, 0.25, 0.30)),
        (246, 20, (0.11, 0.14, 0.16)),
    ],
)
def test_smallest_effects(k: int, m: int, effects: tuple[float, ...]) -> None:
    for icc, d in zip((0.05, 0.10, 0.15), effects, strict=True):
        assert round(smallest_effect(k, m, icc), 2) == d


def test_power_of_a_typical_trial() -> None:
    assert round(power_closed_form(30, 70, 0.10, 0.15), 2) == 0.22
    assert round(power_closed_form(30, 70, 0.10, 0.15, r2=0.53), 2) == 0.41
    assert power_closed_form(30, 70, 0.10, 0.0) == pytest.approx(0.05)
    assert power_closed_form(30, 70, 0.10, 0.15, treated_share=2 / 3) < 0.22
    assert power_closed_form(30, 70, 0.10, smallest_effect(30, 70, 0.10)) == pytest.approx(0.8, abs=0.01)
    assert np.isnan(smallest_effect(2, 70, 0.10))
