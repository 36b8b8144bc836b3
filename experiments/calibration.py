"""Which defaults meet the published trials together? A search inside the evidence ranges; what each target pins down.

    python experiments/calibration.py search 64   # lives through the trials at 64 points, into calibration_points.csv
    python experiments/calibration.py table       # what each target is moved by, and how many points meet it
    python experiments/calibration.py fit         # the defaults that an emulator of these points proposes

Every point is a whole set of defaults. At each, small versions of the trials in `experiments/validation` are lived
through with the same luck, and the *true* effects are kept: the difference of every place to its twin, free of sampling
noise. So few repetitions show what a number does. The final score is that of the full trials: `cohesion-sim verify
--trials`.
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
"""The trials as they are lived through at each point: with more events, so that ratios of them are less noisy."""

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
            if not name.startswith("kinds.") or ("leader_message" in scenario.text and trial.startswith("e6"))
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


def scaled(x: np.ndarray) -> np.ndarray:
    """Return points with every range stretched to -1 … 1."""
    reach = ranges()
    out: np.ndarray = 2 * (x - reach[:, 0]) / (reach[:, 1] - reach[:, 0]) - 1
    return out


def columns(z: np.ndarray) -> np.ndarray:
    """Return what the emulator is linear in: one, the numbers, their squares."""
    return np.column_stack([np.ones(len(z)), z, z**2])


def emulator() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points (scaled), weights of the emulator, and the share of variance that it leaves to points left out."""
    x, y = read()
    keep = np.isfinite(y).all(axis=1)
    z, y = scaled(x[keep]), np.clip(y[keep], -5, 50)
    design = columns(z)
    number = len(NUMBERS)
    ridge = 1e-2 * len(design) * np.diag([0.0, *[0.02] * number, *[0.1] * number])
    inverse = np.linalg.inv(design.T @ design + ridge)
    weights = inverse @ design.T @ y
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    left_out = (y - design @ weights) / (1 - leverage)[:, None]
    return z, weights, left_out.var(axis=0) / y.var(axis=0)


def table() -> None:
    """Print, for every target, how many points meet it and which numbers move it most (from one end to the other)."""
    _, weights, left = emulator()
    _, y = read()
    print("| target | band | points inside | emulated | moved most by (change from the low to the high end) |")
    print("|---|---|---|---|---|")
    for t, (name, (_, _, _, _, low, high, _)) in enumerate(TARGETS.items()):
        slope = 2 * weights[1 : len(NUMBERS) + 1, t]
        order = np.argsort(-np.abs(slope))[:4]
        told = ", ".join(f"`{NUMBERS[k]}` {slope[k]:+.2g}" for k in order)
        inside = ((y[:, t] >= low) & (y[:, t] <= high)).mean()
        print(f"| {name} | {low:g} to {high:g} | {100 * inside:.0f} % | {100 * max(0.0, 1 - left[t]):.0f} % | {told} |")
    low, high = (np.array([target[k] for target in TARGETS.values()]) for k in (4, 5))
    met = ((y >= low) & (y <= high)).sum(axis=1)
    print(f"\nOf {len(y)} points {int((met == len(low)).sum())} meet all {len(low)} targets; the best meets {met.max()}.")


def fit() -> None:
    """Print the set of defaults that the emulator proposes: near the aims, and not far from the defaults of now."""
    z, weights, _ = emulator()
    reach = ranges()
    low, high, aim = (np.array([target[k] for target in TARGETS.values()]) for k in (4, 5, 6))
    width = (high - low) / 4
    rest = load_scenario("zhazy").provenance
    now = scaled(np.array([0.15 if n.startswith("kinds.") else float(rest[n].value) for n in NUMBERS])[None, :])[0]

    def loss(one: np.ndarray) -> float:
        got = columns(one[None, :])[0] @ weights
        return float((((got - aim) / width) ** 2).sum() + 0.3 * ((one - now) ** 2).sum())

    best = min(
        (minimize(loss, start, bounds=[(-0.9, 0.9)] * len(NUMBERS)) for start in [now, *z[:40]]),
        key=lambda found: found.fun,
    )
    for name, value in zip(NUMBERS, reach[:, 0] + (best.x + 1) / 2 * (reach[:, 1] - reach[:, 0]), strict=True):
        print(f"{name} = {value:.4g}")


if __name__ == "__main__":
    VERBS = {"search": search, "fit": fit, "table": table}
    VERBS[sys.argv[1]](*(int(word) for word in sys.argv[2:]))
