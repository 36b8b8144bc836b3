"""The tables of a race: every mix that was tried, and those that no other beats."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.mixes import Mixes, described, portfolio_of
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies.effects import interval, moments
from cohesion_sim.studies.portfolio.front import on_front
from cohesion_sim.studies.portfolio.race import Floats, Race, behind, chances, regrets

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 40
"""Mixes that the chance of being best is told for: the leaders."""

ENDS = ("", "_low", "_high")


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
        mix, words; usd (planned, the most it can cost), spent, spent_most (USD in the runs: mean, most); replications
        (those left out in which the run without a programme failed, and its own that failed); for each outcome its gain
        over doing nothing (the better, the more), with low and high (95 %); those of mixes that left early are put on
        the footing of all replications (`_gains`). For each of ``scored``: rank; state (best; tied: cannot be told
        apart from it; worse: surely, see `race.ERROR`; not pursued: it promised less, and the runs went to others;
        failed: a run of it failed, so it left the race); chance (that no other is better); loss (mean regret, in its
        own unit); with `robust` loss_90 (in nine of ten worlds it loses less than this).
    """
    import pandas as pd

    tried = sorted(gains)
    common = _common([gains[mix] for mix in sound(raced)])
    rows: list[dict[str, Any]] = []
    for mix in tried:
        money = spent[mix][np.isfinite(spent[mix])]
        row: dict[str, Any] = {
            "mix": mix,
            "words": described(scenario, found.dose[mix]),
            "usd": found.cost[mix],
            "spent": float(money.mean()) if money.size else np.nan,
            "spent_most": float(money.max()) if money.size else np.nan,
            "replications": money.size,
        }
        rows.append(row | _gains(gains[mix], common, outcomes))
    table = pd.DataFrame(rows).set_index("mix", drop=False)
    robust = portfolio_of(scenario).robust
    for k, name in enumerate(scored):
        scores = {mix: raced.gains[mix - 1][:, k] for mix in sound(raced)}
        table[f"{name}_state"] = [_left_as(raced, mix) for mix in tried]
        _judged(table, scores, name, raced.looks * len(scored), luck, robust=robust)
    return table.reset_index(drop=True).sort_values(f"{scored[0]}_rank", kind="stable", ignore_index=True)


def sound(raced: Race) -> list[int]:
    """Return the mixes of which every run was completed, in at least one replication."""
    return [row + 1 for row, own in sorted(raced.gains.items()) if row not in raced.failed and len(own)]


def _left_as(raced: Race, mix: int) -> str:
    """Return how a mix left the race before its end."""
    return "failed" if mix - 1 in raced.failed else "worse" if mix - 1 in raced.worse else "not pursued"


def _judged(
    table: pd.DataFrame, gains: Mapping[int, Floats], name: str, tests: int, luck: Luck, *, robust: bool
) -> None:
    """Add rank, state, chance and loss by one outcome; those that lived longest come first, those that failed last."""
    longest = max(map(len, gains.values()))
    cost = table["usd"].to_dict()
    # Of two with the same mean, the cheaper comes first.
    order = sorted(gains, key=lambda mix: (len(gains[mix]) < longest, -gains[mix].mean(), cost[mix], mix))
    order += [mix for mix in table["mix"].tolist() if mix not in gains]
    table[f"{name}_rank"] = {mix: k for k, mix in enumerate(order, 1)}
    table[f"{name}_chance"] = 0.0
    table[f"{name}_loss"] = np.nan
    finalists = [mix for mix in order if len(gains.get(mix, ())) == longest]
    lag, margin = behind(np.stack([gains[mix] for mix in finalists]), tests)
    table.loc[finalists, f"{name}_state"] = ["best", *("worse" if far else "tied" for far in (lag > margin)[1:])]
    leaders = finalists[:LONGEST]
    own = np.stack([gains[mix] for mix in leaders])
    chance, loss = chances(own, luck)
    table.loc[leaders, f"{name}_chance"] = chance
    table.loc[leaders, f"{name}_loss"] = loss
    if robust:
        table[f"{name}_loss_90"] = np.nan
        table.loc[leaders, f"{name}_loss_90"] = np.quantile(regrets(own), 0.9, axis=1)


def front_table(
    table: pd.DataFrame,
    raced: Race,
    gains: Mapping[int, Floats],
    outcomes: Sequence[str],
    best: Collection[int],
    luck: Luck,
) -> pd.DataFrame:
    """Return the mixes that no other beats in cost and every outcome (`front.on_front`), the cheapest first.

    mix, words, usd, replications; finalist: it lived through as many as the best, the others were looked at briefly;
    gain of each outcome, with low and high; front_chance: share of resamples in which no other finalist beats it.
    """
    mixes = sound(raced)
    cost = table.set_index("mix").loc[mixes, "usd"].to_numpy(float)
    front, chance = on_front(cost, [gains[mix] for mix in mixes], [mixes.index(mix) for mix in best], luck)
    chances_of = {mix: chance[k] for k, mix in enumerate(mixes) if front[k]}
    longest = max(len(gains[mix]) for mix in mixes)
    rows = table[table["mix"].isin(chances_of)].sort_values(["usd", "mix"], kind="stable", ignore_index=True)
    rows["finalist"] = rows["replications"] == longest
    rows["front_chance"] = rows["mix"].map(chances_of)
    ends = [f"{name}{end}" for name in outcomes for end in ENDS]
    return rows[["mix", "words", "usd", "replications", "finalist", *ends, "front_chance"]]


def _common(sound_gains: Sequence[Floats]) -> Floats:
    """Return the mean gains of the finalists in every replication, shape (replications, outcomes)."""
    longest = max(map(len, sound_gains))
    common: Floats = np.mean([own for own in sound_gains if len(own) == longest], axis=0)
    return common


def _gains(own: Floats, common: Floats, outcomes: Sequence[str]) -> dict[str, float]:
    """Return mean, low and high of every outcome; ``own`` has shape (replications, outcomes).

    In some replications there is more to gain than in others, for all mixes alike, so the gain of a mix that lived
    through few cannot be held against gains over all. It is told as its share of what the finalists gain in the same
    replications (``common``) times what they gain over all, a ratio estimate. It stays as it is where theirs over all
    is not clear of zero, and is not made larger where theirs in the few is not.
    """
    mean, low, high = _interval(own)
    if len(own) < len(common):
        few, few_low, _ = _interval(common[: len(own)])
        every, every_low, _ = _interval(common)
        clear = (every_low > 0) & ((few_low > 0) | (few >= every))
        scale = np.divide(every, few, out=np.ones_like(few), where=clear)
        mean, low, high = scale * mean, scale * low, scale * high
    row: dict[str, float] = {}
    for k, name in enumerate(outcomes):
        row |= {f"{name}{end}": float(ends[k]) for end, ends in zip(ENDS, (mean, low, high), strict=True)}
    return row


def _interval(gains: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean and ends of the 95 % interval of every outcome."""
    count, mean, variance = moments(gains)
    return mean, *interval(mean, variance, count)
