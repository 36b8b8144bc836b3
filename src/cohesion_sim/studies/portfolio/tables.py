"""The tables of a race: every mix that was tried, and those that no other beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.mixes import Mixes, described, portfolio_of
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies.effects import interval, moments
from cohesion_sim.studies.portfolio.race import SAME, Floats, Race, chances, on_front, regrets

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 40
"""Mixes that the chance of being best is told for: the leaders."""


def mixes_table(
    scenario: Scenario,
    found: Mixes,
    raced: Race,
    gains: Mapping[int, Floats],
    spent: Mapping[int, Floats],
    outcomes: Sequence[str],
    scored: Sequence[str],
    luck: Luck,
) -> pd.DataFrame:
    """Return one row a mix that was tried, the best by the first of ``scored`` first.

    Returns
    -------
    DataFrame
        mix, words; usd (planned, the most it can cost), spent, spent_most (USD in the runs: mean, most); replications;
        for each outcome its gain over doing nothing (the better, the more), with low and high (95 %). For each of
        ``scored``: rank; state (best; tied: cannot be told apart from it; worse: surely; not pursued: it promised less,
        and the runs went to others); chance to be the best; loss (mean regret, in its own unit); with `robust` loss_90
        (in nine of ten worlds it loses less than this).
    """
    import pandas as pd

    tried = sorted(gains)
    rows: list[dict[str, Any]] = []
    for mix in tried:
        own, money = gains[mix], spent[mix]
        row: dict[str, Any] = {
            "mix": mix,
            "words": described(scenario, found.dose[mix]),
            "usd": found.cost[mix],
            "spent": float(money.mean()),
            "spent_most": float(money.max()),
            "replications": len(own),
        }
        rows.append(row | _gains(own, outcomes))
    table = pd.DataFrame(rows).set_index("mix", drop=False)
    robust = portfolio_of(scenario).robust
    for k, name in enumerate(scored):
        scores = {mix: raced.gains[mix - 1][:, k] for mix in tried}
        table[f"{name}_state"] = ["worse" if mix - 1 in raced.worse else "not pursued" for mix in tried]
        _judged(table, scores, name, luck, robust=robust)
    return table.reset_index(drop=True).sort_values(f"{scored[0]}_rank", kind="stable", ignore_index=True)


def _judged(table: pd.DataFrame, gains: Mapping[int, Floats], name: str, luck: Luck, *, robust: bool) -> None:
    """Add rank, state, chance and loss by one outcome; those that lived longest come first."""
    means = {mix: float(own.mean()) if np.isfinite(own).all() else -np.inf for mix, own in gains.items()}
    longest = max(len(own) for mix, own in gains.items() if np.isfinite(means[mix]))
    full = [mix for mix, own in gains.items() if len(own) == longest and np.isfinite(means[mix])]
    cost = table["usd"].to_dict()
    # Of two that do the same, the cheaper comes first.
    order = sorted(gains, key=lambda mix: (mix not in full, -means[mix], cost[mix], mix))
    table[f"{name}_rank"] = {mix: k for k, mix in enumerate(order, 1)}
    table[f"{name}_chance"] = 0.0
    table[f"{name}_loss"] = np.nan
    leaders = [mix for mix in order if mix in full][:LONGEST]
    own = np.stack([gains[mix] for mix in leaders])
    chance, loss = chances(own, luck)
    table.loc[leaders, f"{name}_chance"] = chance
    table.loc[leaders, f"{name}_loss"] = loss
    table.loc[leaders, f"{name}_state"] = _states(own)
    if robust:
        table[f"{name}_loss_90"] = np.nan
        table.loc[leaders, f"{name}_loss_90"] = np.quantile(regrets(own), 0.9, axis=1)


def _states(gains: Floats) -> list[str]:
    """Return for each mix, the best first, whether it can be told apart from the best; shape (mixes, replications)."""
    states = ["best"]
    for own in gains[1:]:
        behind = (gains[0] - own)[:, None]
        count, mean, variance = moments(behind)
        low, _ = interval(mean, variance, count)
        near = mean[0] <= SAME * abs(float(gains[0].mean())) and variance[0] == 0
        states.append("worse" if low[0] > 0 and not near else "tied")
    return states


def front_table(table: pd.DataFrame, gains: Mapping[int, Floats], outcomes: Sequence[str], luck: Luck) -> pd.DataFrame:
    """Return the mixes that no other beats in cost and every outcome, the cheapest first.

    mix, words, usd; replications that all have lived through, on which they are compared; gain of each outcome, with
    low and high, on those; front_chance: share of resamples of them in which no other mix is better.
    """
    import pandas as pd

    shared = min(len(own) for own in gains.values())
    tried = table.set_index("mix")
    mixes = [mix for mix in table["mix"] if np.isfinite(gains[mix]).all()]
    own = np.stack([gains[mix][:shared] for mix in mixes])
    front, chance = on_front(tried.loc[mixes, "usd"].to_numpy(float), own, luck)
    rows = [
        {"mix": mix, "words": tried["words"][mix], "usd": tried["usd"][mix], "replications": shared}
        | _gains(own[k], outcomes)
        | {"front_chance": chance[k]}
        for k, mix in enumerate(mixes)
        if front[k]
    ]
    return pd.DataFrame(rows).sort_values(["usd", "mix"], kind="stable", ignore_index=True)


def _gains(own: Floats, outcomes: Sequence[str]) -> dict[str, float]:
    """Return mean, low and high of every outcome; ``own`` has shape (replications, outcomes)."""
    count, mean, variance = moments(own)
    low, high = interval(mean, variance, count)
    row: dict[str, float] = {}
    for k, name in enumerate(outcomes):
        row |= {name: float(mean[k]), f"{name}_low": float(low[k]), f"{name}_high": float(high[k])}
    return row
