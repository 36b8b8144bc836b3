"""Which defaults meet the published trials together? A search inside the evidence ranges, and what each target pins down.

    python experiments/calibration.py search   # lives through the trials at many points; writes calibration_points.csv
    python experiments/calibration.py fit      # emulates, proposes, tells what each number is pinned down by

Every point is a whole set of defaults. At each, small versions of the trials in `experiments/validation` are lived through
with the same luck, and the *true* effects are kept: the difference of every place to its twin, free of sampling noise. So
few repetitions show what a number does. The final score is that of the full trials: `cohesion-sim score`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.stats import qmc

from cohesion_sim.files import load_scenario
from cohesion_sim.studies.trial.run import run_trial

HERE = Path(__file__).parent
POINTS = HERE / "calibration_points.csv"
SEED = 7
NUMBERS = (
    "contact.gain", "contact.generalisation", "contact.bad_to_good", "influence.pull", "influence.half_life",
    "norms.learning", "norms.act_norm", "kinds.leader_message.signal", "disputes.skill_effect",
    "disputes.mediator_take_up", "disputes.security_loss", "skills.half_life", "marriage.norm_weight",
    "measurement.reliability", "influence.confidence",
)  # fmt: skip
"""The free numbers."""

SMALL: dict[str, dict[str, Any]] = {
    "e1_contact": {"repetitions": 2, "twins": 2},
    "e3_communities": {"repetitions": 1, "twins": 1},
    "e4_mediation": {"repetitions": 1, "twins": 1, "sets": {"trial.places": 40, "disputes.registered": 9.0}},
    "e6_message": {"repetitions": 2, "twins": 2},
    "e6_year": {"repetitions": 1, "twins": 1, "sets": {"trial.places": 8}},
    "e10_marriage": {"repetitions": 1, "twins": 1, "sets": {"trial.places": 24, "marriage.hazard": 0.15}},
    "e11_likeness": {"repetitions": 3, "twins": 0},
}
"""The trials as they are lived through at each point of the search: more events, so that ratios of them are less noisy."""

# name: trial, outcome, arm, column of the summary (or of likeness), band, aim
TARGETS: dict[str, tuple[str, str, str, str, float, float, float]] = {
    "E1 attitude": ("e1_contact", "attitude", "contact", "true", 0.05, 0.25, 0.12),
    "E3 attitude": ("e3_communities", "attitude", "committees", "true_all", 0.02, 0.34, 0.06),
    "E3 spill-over": ("e3_communities", "attitude", "committees", "spill", 0.4, 1.2, 0.7),
    "E3 security": ("e3_communities", "security", "committees", "true_all", 0.0, 0.4, 0.05),
    "E3 contact spill-over": ("e3_communities", "contact", "committees", "spill", -1.0, 0.5, 0.02),
    "E4 violent, 1 year": ("e4_mediation", "violent", "training", "true", 0.55, 0.85, 0.7),
    "E4 disputes": ("e4_mediation", "disputes", "training", "true", 0.85, 1.25, 0.97),
    "E4 violent, 3 years": ("e4_mediation", "violent_later", "training", "true", 0.4, 0.9, 0.76),
    "E6 norm": ("e6_message", "norm", "message", "true", 4.0, 12.0, 8.0),
    "E6 support": ("e6_message", "support", "message", "true", 6.0, 12.0, 8.0),
    "E6 norm, 1 year": ("e6_year", "norm", "year", "true", 0.05, 1.0, 0.4),
    "E6 belief, 1 year": ("e6_year", "belief", "year", "true", -0.1, 0.1, 0.0),
    "E10 incentive": ("e10_marriage", "marriages", "incentive", "true", 0.75, 0.9, 0.82),
    "E10 awareness": ("e10_marriage", "marriages", "awareness", "true", 0.93, 1.07, 0.97),
    "E11 ICC": ("e11_likeness", "attitude", "", "icc", 0.05, 0.18, 0.1),
    "E11 person r": ("e11_likeness", "attitude", "", "person_r", 0.15, 0.5, 0.42),
    "E11 community r": ("e11_likeness", "attitude", "", "community_r", 0.45, 0.8, 0.7),
}


def ranges() -> np.ndarray:
    """Return the evidence range of every free number, shape (numbers, 2)."""
    provenance = load_scenario("zhazy").provenance
    out = []
    for name in NUMBERS:
        if name.startswith("kinds."):
            out.append((0.08, 0.25))  # as in scenarios/common.toml, where only a programme that uses the kind shows it
        else:
            reach = provenance[name].range
            assert reach is not None
            out.append(reach)
    return np.array(out, float)


def point(values: np.ndarray) -> dict[str, float]:
    """Return every target's statistic at one set of defaults."""
    given = dict(zip(NUMBERS, (float(value) for value in values), strict=True))
    out: dict[str, float] = {}
    for trial, small in SMALL.items():
        scenario = load_scenario(HERE / "validation" / f"{trial}.toml")
        sets: dict[str, object] = {
            name: value
            for name, value in given.items()
            if not name.startswith("kinds.") or "leader_message" in scenario.text and trial.startswith("e6")
        }
        sets |= small.get("sets", {})
        result = run_trial(
            scenario, repetitions=small["repetitions"], twins=small["twins"], seed=SEED, workers=1, sets=sets
        )
        for name, (of, outcome, arm, column, *_) in TARGETS.items():
            if of != trial:
                continue
            if not arm:
                out[name] = float(result.likeness.set_index("outcome")[column][outcome])
                continue
            row = result.summary[(result.summary["outcome"] == outcome) & (result.summary["arm"] == arm)].iloc[0]
            took_part, others = row.get("true_participants", np.nan), row.get("true_non_participants", np.nan)
            out[name] = float(others / took_part if column == "spill" else row[column])
    return out


def search(number: int, first: int = 0) -> None:
    """Live through the trials at ``number`` points of a Sobol sequence; each is written as soon as it is done."""
    reach = ranges()
    cube = qmc.Sobol(len(NUMBERS), rng=SEED).random_base2(int(np.ceil(np.log2(first + number))))[first : first + number]
    points = qmc.scale(cube, reach[:, 0], reach[:, 1])
    new = not POINTS.exists()
    with POINTS.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow([*NUMBERS, *TARGETS])
        for values in points:
            got = point(values)
            writer.writerow([f"{value:.6g}" for value in [*values, *(got[name] for name in TARGETS)]])
            file.flush()


def read() -> tuple[np.ndarray, np.ndarray]:
    """Return points (n, numbers) and statistics (n, targets)."""
    with POINTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    table = np.array(rows, float)
    return table[:, : len(NUMBERS)], table[:, len(NUMBERS) :]


def fit() -> None:
    """Print a linear-quadratic emulator of every statistic, its strongest numbers, and the set of defaults it proposes."""
    x, y = read()
    reach = ranges()
    z = 2 * (x - reach[:, 0]) / (reach[:, 1] - reach[:, 0]) - 1

    def columns(z: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(z)), z, z**2])

    keep = np.isfinite(y).all(axis=1)
    design = columns(z[keep])
    ridge = 1e-2 * len(design) * np.diag([0.0, *[0.02] * len(NUMBERS), *[0.1] * len(NUMBERS)])
    weights = np.linalg.solve(design.T @ design + ridge, design.T @ np.clip(y[keep], -5, 50))
    error = np.clip(y[keep], -5, 50) - design @ weights
    spread = y[keep].std(axis=0)
    for t, name in enumerate(TARGETS):
        slope = weights[1 : len(NUMBERS) + 1, t]
        order = np.argsort(-np.abs(slope))[:4]
        told = ", ".join(f"{NUMBERS[k]} {slope[k]:+.3g}" for k in order)
        explained = 1 - (error[:, t].std() / spread[t]) ** 2
        print(f"{name}: R2 {explained:.2f}; {told}")
    low, high, aim = (np.array([target[k] for target in TARGETS.values()]) for k in (4, 5, 6))
    width = (high - low) / 4
    rest = load_scenario("zhazy").provenance
    now = np.array([0.15 if n.startswith("kinds.") else float(rest[n].value) for n in NUMBERS])
    z_now = 2 * (now - reach[:, 0]) / (reach[:, 1] - reach[:, 0]) - 1

    def loss(z: np.ndarray) -> float:
        got = columns(z[None, :])[0] @ weights
        return float((((got - aim) / width) ** 2).sum() + 0.3 * ((z - z_now) ** 2).sum())

    best = min(
        (minimize(loss, start, bounds=[(-0.9, 0.9)] * len(NUMBERS)) for start in [z_now, *z[keep][:40]]),
        key=lambda found: found.fun,
    )
    values = reach[:, 0] + (best.x + 1) / 2 * (reach[:, 1] - reach[:, 0])
    for name, value in zip(NUMBERS, values, strict=True):
        print(f"{name} = {value:.4g}")
    got = columns(best.x[None, :])[0] @ weights
    for name, value, l, h in zip(TARGETS, got, low, high, strict=True):
        print(f"  {name}: emulated {value:.3g} (band {l} to {h})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["search"]:
        search(*(int(word) for word in sys.argv[2:4])) if len(sys.argv) > 2 else search(128)
    else:
        fit()
