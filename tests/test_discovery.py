"""Discovery: a planted region comes back with its limits, and luck, of points or replications, is not sold as one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cohesion_sim.parameters import InputError
from cohesion_sim.studies import boxes, discovery
from cohesion_sim.studies.boxes import Box, Limit
from test_sensitivity import alike

NAMES = ["grievance", "seats", "mood", "other"]


def places(many: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "grievance": rng.uniform(0, 0.5, many),
            "seats": rng.integers(5, 30, many),
            "mood": rng.choice(["calm", "tense"], many),
            "other": rng.uniform(0, 1, many),
        }
    )


def planted(points: pd.DataFrame) -> np.ndarray:
    return ((points["grievance"] > 0.31) & (points["seats"] < 14)).to_numpy()


def test_a_planted_box_is_found_with_its_limits() -> None:
    points = places(500, seed=3)
    inside = planted(points)
    effects = np.where(inside, -0.4, 0.6)[:, None] + np.random.default_rng(4).normal(0, 0.6, (500, 10))
    found = discovery.discover(points, NAMES, effects, seed=2)
    first = found.boxes[0]
    assert set(first.box.limits) == {"grievance", "seats"}
    assert first.box.limits["grievance"].low == pytest.approx(0.31, abs=0.02)
    assert first.box.limits["grievance"].high == np.inf
    assert 12 < first.box.limits["seats"].high < 15
    assert first.density > 0.8
    assert first.overall == pytest.approx(inside.mean(), abs=0.06)
    assert first.coverage > 0.7
    assert first.worse == pytest.approx(-1.0, abs=0.25)
    assert first.worse_low < first.worse < first.worse_high < 0
    assert max(first.box.p.values()) < 0.05
    assert found.luck
    assert any(leaf.confirmed and leaf.density > 0.7 for leaf in found.tree)


def test_words_are_limits_too() -> None:
    points = places(240, seed=5)
    tense = (points["mood"] == "tense").to_numpy()
    effects = np.where(tense, -0.5, 0.5)[:, None] + np.random.default_rng(6).normal(0, 0.3, (240, 6))
    found = discovery.discover(points, NAMES, effects)
    assert found.boxes[0].box.limits == {"mood": Limit(values=("tense",))}
    assert any(leaf.box.limits == {"mood": Limit(values=("tense",))} for leaf in found.tree)


def test_noise_is_no_finding() -> None:
    false = 0
    for seed in range(8):
        points = places(120, seed=100 + seed)
        effects = np.random.default_rng(seed).normal(0, 1, (120, 6))
        found = discovery.discover(points, NAMES, effects, seed=seed)
        false += bool(found.boxes)
        assert 0.8 < found.unclear <= 1
    assert false <= 1


def test_luck_that_all_points_share_is_no_finding() -> None:
    """Search and test in other points but with the same luck agree about it; other luck does not."""
    points = places(160, seed=9)[["grievance", "other"]]
    units = points.to_numpy() * [2, 1]
    with_other_luck, with_the_same = 0, 0
    for seed in range(12):
        luck = alike(units, 6, seed)
        with_other_luck += bool(discovery.discover(points, ["grievance", "other"], luck, seed=seed).boxes)
        with_the_same += bool(discovery.discover(points, ["grievance", "other"], luck[:, :5], seed=seed).boxes)
    assert with_other_luck <= 2
    assert with_the_same >= 8


def test_nothing_to_search_is_said() -> None:
    points = places(100, seed=1)
    rare = discovery.discover(points, NAMES, np.random.default_rng(1).normal(5, 1, (100, 6)))
    assert rare.why == "it fails to help almost nowhere"
    assert rare.boxes == ()
    often = discovery.discover(points, NAMES, np.random.default_rng(1).normal(5, 1, (100, 6)), threshold=20.0)
    assert often.why == "it fails to help almost everywhere"
    with pytest.raises(InputError, match="at least 40"):
        discovery.discover(points[:30], NAMES, np.random.default_rng(1).normal(0, 1, (30, 6)))


def test_failed_runs_are_refused_with_their_region() -> None:
    points = places(100, seed=1)
    effects = np.random.default_rng(1).normal(0, 1, (100, 6))
    effects[(points["grievance"] > 0.4).to_numpy(), 2] = np.nan
    with pytest.raises(InputError, match=r"grievance is from 0\.4"):
        discovery.discover(points, NAMES, effects)


def test_limits_stand_between_values_and_needless_ones_go() -> None:
    values = np.repeat(np.arange(10.0), 20)
    columns = {"x": values, "y": np.tile(np.arange(20.0), 10)}
    assert boxes.peeled(columns, values >= 6) == Box({"x": Limit(low=5.5)}, {"x": pytest.approx(0.0)})
    assert boxes.peeled(columns, np.arange(200) % 7 == 0).limits.keys() <= {"x", "y"}
