"""Sensitivity: known indices come back out of noise, luck is told apart, and what cannot be told is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as analyze_morris
from SALib.sample import latin, morris, sobol
from SALib.test_functions import Ishigami

from cohesion_sim.parameters import InputError
from cohesion_sim.studies import responses, sensitivity, spread

NAMES = ["x1", "x2", "x3"]
FIRST, TOTAL = np.array([0.3139, 0.4424, 0.0]), np.array([0.5576, 0.4424, 0.2437])  # of Ishigami, a = 7, b = 0.1
PROBLEM = {"num_vars": 3, "names": NAMES, "bounds": [[0.0, 1.0]] * 3}
VARIANCE = 13.845


def ishigami(units):
    return Ishigami.evaluate(np.pi * (2 * units - 1))


def noisy(y, replications, seed, sd=3.72):
    return y[:, None] + np.random.default_rng(seed).normal(0, sd, (len(y), replications))


def alike(units, replications, seed, sd=1.2):
    """Return luck that is alike at points that are alike: another smooth function in each replication."""
    rng = np.random.default_rng(seed)
    out = np.zeros((len(units), replications))
    for column in units.T:
        size, phase = rng.normal(0, sd, replications), rng.uniform(0, 6.3, replications)
        out += size * np.cos(3 * column[:, None] + phase)
    return out


def indices(found, *columns):
    return found.table.set_index("number").loc[NAMES, list(columns)].to_numpy().T


def test_sobol_indices_of_noisy_ishigami_are_within_three_hundredths() -> None:
    units = sobol.sample(PROBLEM, 16384, calc_second_order=False, seed=11)
    found = sensitivity.sobol(NAMES, units, noisy(ishigami(units), 8, seed=5), seed=3)
    first, total, naive_first, naive_total = indices(found, "first", "size", "naive_first", "naive_total")
    assert np.abs(first - FIRST).max() < 0.03
    assert np.abs(total - TOTAL).max() < 0.03
    # With luck left in, both miss.
    assert np.abs(naive_first - FIRST).max() > 0.03
    assert np.abs(naive_total - TOTAL).max() > 0.03
    low, high, t_low, t_high = indices(found, "first_low", "first_high", "size_low", "size_high")
    assert ((low <= FIRST) & (high >= FIRST) & (t_low <= TOTAL) & (t_high >= TOTAL)).all()
    assert found.spread.luck_share == pytest.approx(3.72**2 / (3.72**2 + VARIANCE), abs=0.01)
    assert found.spread.left == pytest.approx(3.72**2 / 8 / (3.72**2 / 8 + VARIANCE), abs=0.01)


def test_without_luck_the_indices_are_those_of_salib() -> None:
    units = sobol.sample(PROBLEM, 256, calc_second_order=False, seed=2)
    found = sensitivity.sobol(NAMES, units, np.repeat(ishigami(units)[:, None], 3, axis=1))
    first, total, naive_first, naive_total = indices(found, "first", "size", "naive_first", "naive_total")
    assert first == pytest.approx(naive_first)
    assert total == pytest.approx(naive_total)
    assert found.spread.luck == pytest.approx(0)


def test_luck_that_is_alike_at_all_points_is_taken_out_too() -> None:
    """The same replication is the same luck everywhere; a correction for independent luck would leave it in."""
    units = latin.sample(PROBLEM, 400, seed=1)
    response = 2 * units[:, 0]
    ours, usual = [], []
    for seed in range(60):
        values = response[:, None] + alike(units, 6, seed)
        ours.append(spread.spread(values, resamples=2).response)
        usual.append(values.mean(axis=1).var(ddof=1) - values.var(axis=1, ddof=1).mean() / 6)
    error = np.std(ours) / np.sqrt(60)
    assert abs(np.mean(ours) - response.var(ddof=1)) < 3.5 * error
    assert abs(np.mean(usual) - response.var(ddof=1)) > 3.5 * error


def test_only_luck_is_called_luck() -> None:
    units = sobol.sample(PROBLEM, 128, calc_second_order=False, seed=4)
    clear = 0
    for seed in range(20):
        found = sensitivity.sobol(NAMES, units, noisy(np.zeros(len(units)), 6, seed))
        clear += int(found.table["clear"].any())
        assert found.spread.luck_share > 0.9
    assert clear <= 2


def test_morris_takes_luck_out_of_every_size() -> None:
    units = morris.sample(PROBLEM, 60, num_levels=4, seed=7)
    response = 3 * units[:, 0] + 1.5 * units[:, 1]  # x3 does nothing
    found = sensitivity.morris(NAMES, units, noisy(response, 5, seed=1, sd=1.5))
    change, size, mu_star, idle = indices(found, "change", "size", "mu_star", "idle")
    exact = sensitivity.morris(NAMES, units, response[:, None])
    (exact_star,) = indices(exact, "mu_star")
    assert exact_star == pytest.approx([3, 1.5, 0])
    assert mu_star[2] > 0.7  # luck alone
    assert mu_star[2] == pytest.approx(idle[2], rel=0.3)
    assert size[2] < mu_star[2] / 2
    assert change[:2] == pytest.approx([3, 1.5], abs=0.5)
    assert found.table.set_index("number")["clear"].to_dict() == {"x1": True, "x2": True, "x3": False}


def test_elementary_effects_are_those_of_salib() -> None:
    units = morris.sample(PROBLEM, 10, num_levels=4, seed=7)
    found = sensitivity.morris(NAMES, units, ishigami(units)[:, None])
    effects = sensitivity.elementary(units, ishigami(units)[:, None])[..., 0]
    mu, mu_star, sigma = indices(found, "mu", "mu_star", "sigma")
    assert effects.mean(axis=0) == pytest.approx(mu)
    assert np.abs(effects).mean(axis=0) == pytest.approx(mu_star)
    assert effects.std(axis=0, ddof=1) == pytest.approx(sigma)
    told = analyze_morris.analyze(PROBLEM, units, ishigami(units), num_resamples=2, seed=1)
    for ours, name in ((mu, "mu"), (mu_star, "mu_star"), (sigma, "sigma")):
        assert ours == pytest.approx(np.asarray(told[name], float))


def test_morris_counts_the_steps_that_were_really_made() -> None:
    names = ["pair", "whole", "three", "smooth"]
    problem = {"num_vars": 4, "names": names, "bounds": [[0.0, 1.0]] * 4}
    units = morris.sample(problem, 30, num_levels=4, seed=7)
    thirds = np.minimum(units[:, 2] * 3 // 1, 2)
    values = np.column_stack([units[:, 0] >= 0.5, np.round(1 + units[:, 1]), thirds, units[:, 3]])
    where = responses.coordinates(pd.DataFrame(values, columns=names), names)
    response = where.sum(axis=1)[:, None]  # each changes it by one, from end to end
    found = sensitivity.morris(names, units, response, where=where)
    assert found.table["change"].to_numpy() == pytest.approx(np.ones(4))
    assert found.table["mu_star"].to_numpy() == pytest.approx(np.ones(4))


def test_intervals_of_a_change_hold_what_they_should() -> None:
    units = morris.sample(PROBLEM, 12, num_levels=4, seed=7)
    hits = 0
    for seed in range(40):
        luck = noisy(np.zeros(len(units)), 6, seed, sd=0.5) + alike(units, 6, seed, sd=0.3)
        found = sensitivity.morris(NAMES, units, 2 * units[:, [0]] + luck)
        low, high = indices(found, "change_low", "change_high")
        hits += int(low[0] <= 2 <= high[0])
    assert hits >= 33  # of 40 at 95 %; fewer happen once in 2,000 tries


def test_first_order_from_a_space_filling_sample() -> None:
    units = latin.sample(PROBLEM, 800, seed=3)
    found = sensitivity.rbd_fast(NAMES, units, noisy(ishigami(units), 6, seed=2))
    first, naive = indices(found, "size", "naive_first")
    assert np.abs(first - FIRST).max() < 0.08
    assert naive[:2] == pytest.approx(first[:2] * (1 - found.spread.left), abs=0.02)
    assert not found.table.set_index("number").loc["x3", "clear"]


def test_a_whole_grid_is_told_exactly() -> None:
    levels = np.array([0.0, 0.5, 1.0])
    units = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    y = units[:, 0] + 2 * units[:, 1] * units[:, 0]
    found = sensitivity.grid(NAMES, units, np.repeat(y[:, None], 3, axis=1))
    first, total = indices(found, "first", "size")
    cube = y.reshape(3, 3, 3)
    assert first == pytest.approx([cube.mean(axis=(1, 2)).var() / y.var(), cube.mean(axis=(0, 2)).var() / y.var(), 0])
    assert total == pytest.approx([cube.var(axis=0).mean() / y.var(), cube.var(axis=1).mean() / y.var(), 0])


# ------------------------------------------------------------------------------------------ the guard


def test_failures_are_refused_with_their_region() -> None:
    units = sobol.sample(PROBLEM, 64, calc_second_order=False, seed=2)
    values = noisy(ishigami(units), 3, seed=1)
    bad = (units[:, 0] > 0.8) & (units[:, 2] < 0.3)
    values[bad, 1] = np.nan
    known = {"contact.good": units[:, 0].tolist(), "b": units[:, 1].tolist(), "ties": units[:, 2].tolist()}
    with pytest.raises(InputError) as refused:
        sensitivity.sobol(NAMES, units, values, known=known)
    (message,) = refused.value.messages
    assert f"{bad.sum()} of {values.size:,} runs failed or are missing" in message
    assert "contact.good is from 0.8" in message
    assert "ties is from 0" in message
    assert "b is" not in message
    assert f"({bad.sum()} of the {bad.sum()} points there)" in message


def test_failures_everywhere_and_of_words_are_told() -> None:
    failed = np.arange(40) % 4 == 0
    words = ["often" if one else "seldom" for one in failed]
    assert "mood is often (10 of the 10 points there)" in responses.region(failed, {"mood": words, "x": range(40)})
    assert "scattered" in responses.region(failed, {"x": range(40)})


@pytest.mark.parametrize("method", ["morris", "sobol", "rbd_fast", "grid"])
def test_constant_infinite_and_too_few_are_refused(method: str) -> None:
    look = getattr(sensitivity, method)
    many = {"morris": 40, "sobol": 100, "rbd_fast": 100, "grid": 27}[method]
    units = np.random.default_rng(1).uniform(size=(many, 3))
    with pytest.raises(InputError, match="at every point, so nothing that varies matters"):
        look(NAMES, units, np.full((many, 3), 0.25))
    values = noisy(units[:, 0], 3, seed=1)
    values[3, 0] = np.inf
    with pytest.raises(InputError, match="failed or are missing"):
        look(NAMES, units, values)
    few = {"morris": 8, "sobol": 20, "rbd_fast": 20, "grid": 1}[method]
    with pytest.raises(InputError, match=r"at least|every point"):
        look(NAMES, units[:few], np.repeat(units[:few, :1], 3, axis=1))


def test_points_that_are_no_whole_design_are_refused_together_with_the_rest() -> None:
    values = np.full((41, 3), np.nan)
    with pytest.raises(InputError) as refused:
        sensitivity.morris(NAMES, np.zeros((41, 3)), values)
    assert "a multiple of 4" in refused.value.messages[0]
    assert "failed or are missing" in refused.value.messages[1]


def test_runs_become_outcomes() -> None:
    rows = [
        (point, replication, arm, week, "all", 1.0 + point + (arm == "project"), week / 10 + replication)
        for point in (0, 1) for replication in (0, 1) for arm in ("nothing", "project") for week in (26, 52)
        if not (point == 1 and replication == 1 and arm == "project")
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["point", "replication", "programme", "week", "by", "violent", "trust"])
    whole = responses.ends(table, ["violent", "trust"])
    effect = responses.responses(whole, responses.Outcome("violent", "project"), [0, 1], 2)
    assert np.array_equal(effect, [[2, 2], [2, np.nan]], equal_nan=True)  # flows are added up
    level = responses.responses(whole, responses.Outcome("trust", "nothing", level=True), [0, 1], 2)
    assert np.array_equal(level, [[5.2, 6.2], [5.2, 6.2]])  # states are those of the last week


def test_places_of_numbers_and_words() -> None:
    points = pd.DataFrame({"a": [2, 4, 3], "b": ["x", "y", "x"], "c": [1.0, 1.0, 1.0]})
    assert responses.coordinates(points, ["a", "b", "c"]).tolist() == [[0, 0, 0.5], [1, 1, 0.5], [0.5, 0, 0.5]]
    tens = pd.DataFrame({"a": [1.0, 10.0, 100.0]})
    assert responses.coordinates(tens, ["a"], ["a"]).ravel() == pytest.approx([0, 0.5, 1])
