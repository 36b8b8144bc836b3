"""What a change costs, and which programme gives most for the money, on paired runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cohesion_sim.measures import MEASURES
from cohesion_sim.studies.effects import Floats, gains, interval, moments

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.scenario import Scenario

OUTCOMES = ("violent", "cohesion")
"""What programmes are ranked by unless the scenario says otherwise."""


def outcomes_of(scenario: Scenario) -> tuple[str, ...]:
    """Return what the programmes of a scenario are ranked by: its headline, as far as it has a direction."""
    return tuple(n for n in scenario.headline if n in MEASURES and MEASURES[n].better) or OUTCOMES


def unit_of_gain(outcome: str) -> str:
    """Return the unit of a gain (`gains`)."""
    return "events in the whole run" if MEASURES[outcome].flow else MEASURES[outcome].unit


def costs(money: DataFrame, like: DataFrame, column: str = "usd") -> DataFrame:
    """Return USD spent beyond "nothing": rows (replications) and columns (programmes) as in ``like``."""
    spent = money.groupby(["replication", "programme"], observed=True)[column].sum().unstack("programme")
    spent.columns = [str(name) for name in spent.columns]
    spent = spent.reindex(index=like.index, columns=[*like.columns, "nothing"]).fillna(0.0)
    return spent[list(like.columns)].sub(spent["nothing"], axis=0).where(like.notna())


def cost_effectiveness(weekly: DataFrame, money: DataFrame, outcomes: Sequence[str] = OUTCOMES) -> DataFrame:
    """Return usd, own, gain (in ``unit``) and USD per unit of it, with intervals, by programme and outcome.

    ``gain`` is as in `gains`: disputes kept from violence over the whole run, points of cohesion.
    ``usd_per`` with ``usd_low`` and ``usd_high`` (Fieller's 95 % interval) is NaN and ``defined`` False
    unless the gain's interval lies above zero: a price of nothing, or of harm, has no meaning.
    """
    import pandas as pd

    rows = []
    for outcome in outcomes:
        table = gains(weekly, outcome)
        spent, own = costs(money, table), costs(money, table, "own")
        for programme in table.columns:
            gain = table[programme].to_numpy(float)
            here = np.isfinite(gain)
            gain, cost = gain[here], spent[programme].to_numpy(float)[here]
            count, mean, variance = moments(gain[:, None])
            low, high = interval(mean, variance, count)
            defined = bool(low[0] > 0)
            at, cheap, dear = _fieller(cost, gain) if defined else (np.nan, np.nan, np.nan)
            rows.append(
                {
                    "programme": programme,
                    "outcome": outcome,
                    "unit": unit_of_gain(outcome),
                    "usd": _mean(cost),
                    "own": _mean(own[programme].to_numpy(float)[here]),
                    "gain": mean[0],
                    "low": low[0],
                    "high": high[0],
                    "usd_per": at,
                    "usd_low": cheap,
                    "usd_high": dear,
                    "defined": defined,
                    "replications": int(count[0]),
                }
            )
    return pd.DataFrame(rows)


def pairs(weekly: DataFrame, money: DataFrame, outcomes: Sequence[str] = OUTCOMES) -> DataFrame:
    """Return the paired difference of gain per USD 1,000, its interval, told_apart, for every two programmes.

    Programmes that cost nothing are left out.
    """
    import pandas as pd

    rows = []
    for outcome in outcomes:
        worth = _per_thousand(weekly, money, outcome).dropna(axis=1, how="all")
        for i, first in enumerate(worth.columns):
            for second in worth.columns[i + 1 :]:
                difference = (worth[first] - worth[second]).to_numpy(float)
                count, mean, variance = moments(difference[:, None])
                low, high = interval(mean, variance, count)
                apart = bool(low[0] > 0 or high[0] < 0)
                rows.append((outcome, first, second, mean[0], low[0], high[0], int(count[0]), apart))
    columns = ["outcome", "first", "second", "difference", "low", "high", "replications", "told_apart"]
    return pd.DataFrame(rows, columns=columns)


def ranking(weekly: DataFrame, money: DataFrame, outcomes: Sequence[str] = OUTCOMES) -> DataFrame:
    """Return the programmes by gain per USD 1,000, best first, one row an outcome and programme.

    ``gain``, ``low``, ``high`` in natural units (`gains`); ``worth``, ``worth_low``, ``worth_high`` per USD
    1,000. ``tier`` numbers the groups that cannot be told apart: a programme opens a new tier when its
    paired difference to the best of the tier above excludes zero. ``same_as`` names all programmes it
    cannot be told apart from. Programmes that cost nothing come last, with tier 0 and no worth.
    """
    import pandas as pd

    versus = pairs(weekly, money, outcomes)
    parts = []
    for outcome in outcomes:
        worth = _per_thousand(weekly, money, outcome)
        gain = gains(weekly, outcome)
        columns = list(worth.columns)
        count, mean, variance = moments(worth.to_numpy(float))
        low, high = interval(mean, variance, count)
        gain_count, gain_mean, gain_variance = moments(gain.to_numpy(float))
        gain_low, gain_high = interval(gain_mean, gain_variance, gain_count)
        spent = costs(money, gain)
        of_outcome = versus[(versus["outcome"] == outcome) & ~versus["told_apart"]]
        alike = {frozenset(pair) for pair in zip(of_outcome["first"], of_outcome["second"], strict=True)}
        # Python's sort is stable: equals keep the order of the file. Programmes without a cost come last.
        order = sorted(range(len(columns)), key=lambda i: (bool(np.isnan(mean[i])), -np.nan_to_num(mean[i])))
        tier, best = 0, ""
        for rank, i in enumerate(order, start=1):
            costly = not np.isnan(mean[i])
            if costly and (rank == 1 or frozenset((best, columns[i])) not in alike):
                tier, best = tier + 1, columns[i]
            parts.append(
                {
                    "outcome": outcome,
                    "rank": rank,
                    "programme": columns[i],
                    "unit": unit_of_gain(outcome),
                    "tier": tier if costly else 0,
                    "usd": _mean(spent[columns[i]].to_numpy(float)),
                    "gain": gain_mean[i],
                    "low": gain_low[i],
                    "high": gain_high[i],
                    "worth": mean[i],
                    "worth_low": low[i],
                    "worth_high": high[i],
                    "same_as": ", ".join(columns[j] for j in order if frozenset((columns[i], columns[j])) in alike),
                }
            )
    return pd.DataFrame(parts)


def _per_thousand(weekly: DataFrame, money: DataFrame, outcome: str) -> DataFrame:
    """Return the gain per USD 1,000, rows replications, columns programmes; NaN where nothing was spent."""
    table = gains(weekly, outcome)
    spent = costs(money, table)
    return table.div(spent.where(spent > 0) / 1000)


def _fieller(cost: Floats, gain: Floats) -> tuple[float, float, float]:
    """Return mean cost over mean gain with its 95 % interval [FIELLER54]; the gain is clear of zero."""
    from scipy.special import stdtrit

    count = len(gain)
    t2 = float(stdtrit(count - 1, 0.975)) ** 2
    (vcc, vcg), (_, vgg) = np.cov(cost, gain) / count
    c, g = float(cost.mean()), float(gain.mean())
    # The ends solve (c - r g)^2 = t^2 (vcc - 2 r vcg + r^2 vgg).
    a, b, e = g * g - t2 * vgg, c * g - t2 * vcg, c * c - t2 * vcc
    root = float(np.sqrt(max(b * b - a * e, 0.0)))
    return c / g, (b - root) / a, (b + root) / a


def _mean(values: Floats) -> float:
    """Return the mean of the values that are there, or NaN."""
    return float(moments(values[:, None])[1][0])
