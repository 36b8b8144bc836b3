"""What a portfolio found, in plain sentences: what to do, how sure that is, and what cannot be told apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cohesion_sim import phrases as say
from cohesion_sim.measures import MEASURES
from cohesion_sim.mixes import portfolio_of

if TYPE_CHECKING:
    from cohesion_sim.studies.portfolio.run import PortfolioResult

Row = dict[str, Any]
MOST_NAMED = 3
NEARLY = 0.9
"""The cheapest mix that keeps this share of the best gain is named."""


def portfolio_answer(result: PortfolioResult) -> list[str]:
    """Return the answer, the shortest form first."""
    asked = portfolio_of(result.scenario)
    sentences = [_in_short(result)]
    for name in result.scored:
        sentences += _by(result, name)
    most = float(result.mixes["spent_most"].max())
    sentences.append(
        f"No mix was planned above the budget of USD {say.money(asked.budget)}, and in no run was more than "
        f"USD {say.money(most)} spent."
    )
    if asked.robust:
        sentences.append(
            "Every replication drew the facts of behaviour anew from their evidence ranges, the same for all mixes: "
            "what is said holds over what the evidence allows, not for one set of numbers."
        )
    sentences.append(_effort(result))
    sentences.append(say.CAUTION)
    return sentences


def _in_short(result: PortfolioResult) -> str:
    asked, place = portfolio_of(result.scenario), say.title_of(result.scenario.title, result.scenario.name)
    firsts = {name: _row(result, result.best[name]) for name in result.scored}
    where = place if place.startswith("Modelled on") else f"In {place}"
    head = f"With USD {say.money(asked.budget)}"
    if len({row["mix"] for row in firsts.values()}) == 1:
        row = next(iter(firsts.values()))
        what = say.joined([_called(name) for name in result.scored])
        return f"{head}, the mix that does most for {what}: {row['words']}, USD {say.money(row['usd'])}. ({where}.)"
    parts = [f"for {_called(name)}: {row['words']}, USD {say.money(row['usd'])}" for name, row in firsts.items()]
    return f"{head}, no mix does most for everything. Best {'; '.join(parts)}. ({where}.)"


def _called(name: str) -> str:
    return "the weighted score" if name == "score" else f"fewer {say.label(name)}" if _less(name) else say.label(name)


def _less(name: str) -> bool:
    return name in MEASURES and MEASURES[name].better < 0


def _row(result: PortfolioResult, mix: int) -> Row:
    return say.rows_of(result.mixes[result.mixes["mix"] == mix])[0]


def _by(result: PortfolioResult, name: str) -> list[str]:
    """Return what is known by one outcome: the gain of the best mix, how sure, ties, and what is nearly as good."""
    row = _row(result, result.best[name])
    judged = result.outcomes if name == "score" else (name,)
    told = say.joined([gain_in_words(result, row, outcome) for outcome in judged])
    sentences = [f"By {_called(name)}: {row['words']} gives {told}, against doing nothing."]
    tied = say.rows_of(result.mixes[result.mixes[f"{name}_state"] == "tied"])
    loss = row[f"{name}_loss"]
    sure = f"It is the best in {row[f'{name}_chance']:.0%} of resamples of {row['replications']} paired replications"
    if tied:
        names = [f"'{other['words']}' (USD {say.money(other['usd'])})" for other in tied[:MOST_NAMED]]
        more = f" and {len(tied) - MOST_NAMED} more" if len(tied) > MOST_NAMED else ""
        sentences.append(f"{sure}, but it cannot be told apart from {say.joined(names)}{more}; take the cheaper one.")
    else:
        sentences.append(f"{sure}; every other mix that was followed so far is surely worse.")
    if math.isfinite(loss) and loss > 0:
        lost = say.number(loss)
        sentences.append(f"Whoever chooses it gives up {lost} on average against the mix that is truly best.")
    sentences += _nearly(result, row, name)
    return sentences


def _nearly(result: PortfolioResult, best: Row, name: str) -> list[str]:
    """Return the cheapest mix that keeps nearly all of the gain, if it is cheaper."""
    if name == "score" or not best[f"{name}_low"] > 0:
        return []
    enough = result.mixes[(result.mixes[name] >= NEARLY * best[name]) & (result.mixes["usd"] < best["usd"])]
    if enough.empty:
        return []
    cheap = say.rows_of(enough.sort_values(["usd", name], ascending=[True, False], kind="stable"))[0]
    share = cheap[name] / best[name]
    fewer = cheap["replications"] < best["replications"]
    few = f" (seen in {cheap['replications']} replications only)" if fewer else ""
    return [f"{share:.0%} of that costs USD {say.money(cheap['usd'])}: {cheap['words']}{few}."]


def gain_in_words(result: PortfolioResult, row: Row, outcome: str) -> str:
    """Return a gain with its interval in words, for the whole municipality and run."""
    gain, low, high = (row[f"{outcome}{end}"] for end in ("", "_low", "_high"))
    digits = say.plain_digits(gain, low, high)
    sign = -1 if _less(outcome) else 1
    ends = sorted((sign * low, sign * high))
    unit = f"in {result.scenario.weeks} weeks" if MEASURES[outcome].flow else "points" if outcome == "cohesion" else ""
    between = " to ".join(say.number(end, digits, sign=True) for end in ends)
    clear = "" if low > 0 else ", not clear of zero" if high > 0 else ", clearly for the worse"
    size = say.number(sign * gain, digits, sign=True)
    return f"{say.label(outcome)} {size} {unit}".rstrip() + f" (95 % interval {between}{clear})"


def _effort(result: PortfolioResult) -> str:
    tried = len(result.mixes)
    those = f"all {tried}" if tried == result.possible else f"{tried:,} of them, those that promise most,"
    return (
        f"{result.possible:,} mixes can be bought; {those} were tried in {result.runs:,} runs of the same "
        "municipalities in the same weeks, and the runs went to where the choice was open."
    )


def mixes_rows(result: PortfolioResult, most: int = 40) -> list[dict[str, str]]:
    """Return the mixes as texts, the best first."""
    return [_texts(result, row, result.scored) for row in say.rows_of(result.mixes.head(most))]


def front_rows(result: PortfolioResult) -> list[dict[str, str]]:
    """Return the mixes that no other beats as texts, the cheapest first."""
    rows = []
    for row in say.rows_of(result.front):
        texts = _texts(result, row, ())
        texts["on the front"] = f"{row['front_chance']:.0%}"
        rows.append(texts)
    return rows


def _texts(result: PortfolioResult, row: Row, scored: tuple[str, ...]) -> dict[str, str]:
    texts = {"mix": row["words"], "USD": say.money(row["usd"])}
    for name in result.outcomes:
        digits = say.plain_digits(row[name], row[f"{name}_low"], row[f"{name}_high"])
        sign = -1 if _less(name) else 1
        ends = sorted((sign * row[f"{name}_low"], sign * row[f"{name}_high"]))
        between = say.span(ends[0], ends[1], digits)
        texts[say.label(name)] = f"{say.number(sign * row[name], digits, sign=True)} ({between})"
    if scored:
        texts["replications"] = str(row["replications"])
    for name in scored:
        texts[f"by {_called(name)}"] = row[f"{name}_state"]
    return texts
