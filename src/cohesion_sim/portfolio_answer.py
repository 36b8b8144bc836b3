"""What a portfolio found, in plain sentences: what to do, how sure that is, and what cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cohesion_sim import phrases as say
from cohesion_sim.measures import MEASURES
from cohesion_sim.mixes import portfolio_of
from cohesion_sim.studies.portfolio.race import SAME

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
    sentences += _for_all(result)
    most = float(result.mixes["spent_most"].max())
    sentences.append(
        f"No mix was planned above the budget of USD {say.money(asked.budget)}, and in no run was more than "
        f"USD {say.money(most)} spent."
    )
    if asked.robust:
        sentences.append(
            "Every replication drew the facts of behaviour anew from their evidence ranges, the same for all mixes: "
            "what is said holds over what the evidence allows, not for one set of numbers. Facts that a cost is told "
            "from stayed as planned."
        )
    sentences.append(_effort(result))
    sentences += _failed(result)
    sentences.append(say.CAUTION)
    return sentences


def _in_short(result: PortfolioResult) -> str:
    asked, place = portfolio_of(result.scenario), say.title_of(result.scenario.title, result.scenario.name)
    where = place if place.startswith("Modelled on") else f"In {place}"
    head = f"With USD {say.money(asked.budget)}"
    if not any(_helps(result, _row(result, result.best[name]), name) for name in result.scored):
        what = " or ".join(called(name) for name in result.scored)
        return f"{head}, even the mix that comes first by {what} is not clear of doing nothing. ({where}.)"
    by_mix: dict[int, list[str]] = {}
    for name in result.scored:
        by_mix.setdefault(result.best[name], []).append(name)
    parts = [
        f"for {say.joined([called(name) for name in names])}: {_briefly(result, names)}" for names in by_mix.values()
    ]
    if len(parts) == 1:
        return f"{head}, the best mix found {parts[0]}. ({where}.)"
    return f"{head}, no mix comes first in everything. Best found {'; '.join(parts)}. ({where}.)"


def _for_all(result: PortfolioResult) -> list[str]:
    """Return the cheapest mix that may be the best by every outcome, where another comes first by each."""
    if len(set(result.best.values())) == 1:
        return []
    states = result.mixes[[f"{name}_state" for name in result.scored]]
    least = _cheapest(result, say.rows_of(result.mixes[states.isin(["best", "tied"]).all(axis=1)]), result.scored)
    if least is None:
        return ["No mix that was followed to the end is among the best by all of them: one has to choose."]
    told = f"{least['words']}, USD {say.money(least['usd'])}: {_gains(result, least, result.scored)}"
    helps = " and clearly helps by all" if all(_helps(result, least, name) for name in result.scored) else ""
    return [f"The cheapest mix that cannot be told apart from the best by any of them{helps}: {told}."]


def _cheapest(result: PortfolioResult, rows: list[Row], names: Sequence[str]) -> Row | None:
    """Return the cheapest of some mixes, of those that clearly help by all of some outcomes if there are any."""
    clear = [row for row in rows if all(_helps(result, row, name) for name in names)]
    return min(clear or rows, key=lambda row: (row["usd"], row[f"{names[0]}_rank"]), default=None)


def _briefly(result: PortfolioResult, names: list[str]) -> str:
    """Return the best mix by some outcomes with its cost, and how far it can be trusted to be the best."""
    row = _row(result, result.best[names[0]])
    tied = [other for other in _tied(result, names[0]) if all(other[f"{name}_state"] == "tied" for name in names)]
    least = _cheapest(result, [other for other in tied if other["usd"] < row["usd"]], names)
    cheaper = f", one of them for USD {say.money(least['usd'])}" if least else ", none of them cheaper"
    doubt = f" ({_mixes(len(tied), 'other mix')} cannot be told apart from it{cheaper})" if tied else ""
    told = f"{row['words']}, USD {say.money(row['usd'])}{doubt}"
    unclear = [name for name in names if not _helps(result, row, name)]
    if not unclear:
        return told
    by = "" if len(unclear) == len(names) else f" by {say.joined([called(name) for name in unclear])}"
    return f"{told}; not clear of doing nothing{by}"


def _helps(result: PortfolioResult, row: Row, name: str) -> bool:
    """Return whether a gain is clear of doing nothing; of a score, whether that of any outcome is."""
    return any(row[f"{outcome}_low"] > 0 for outcome in _judged(result, name))


def _judged(result: PortfolioResult, name: str) -> tuple[str, ...]:
    return result.outcomes if name == "score" else (name,)


def _mixes(count: int, what: str) -> str:
    return f"{count:,} {what}{'es' if count > 1 else ''}"


def called(name: str) -> str:
    """Return what more of is better: an outcome, or fewer of it."""
    return "the weighted score" if name == "score" else f"fewer {say.label(name)}" if _less(name) else say.label(name)


def _less(name: str) -> bool:
    return name in MEASURES and MEASURES[name].better < 0


def _row(result: PortfolioResult, mix: int) -> Row:
    return say.rows_of(result.mixes[result.mixes["mix"] == mix])[0]


def _tied(result: PortfolioResult, name: str) -> list[Row]:
    """Return the mixes that cannot be told apart from the best by one outcome, the best first."""
    rows = result.mixes[result.mixes[f"{name}_state"] == "tied"]
    return say.rows_of(rows.sort_values(f"{name}_rank"))


def _by(result: PortfolioResult, name: str) -> list[str]:
    """Return what is known by one outcome: the gain of the best mix, how sure, ties, and what is nearly as good."""
    row, tied = _row(result, result.best[name]), _tied(result, name)
    what = f"{row['words']} (USD {say.money(row['usd'])})"
    sentences = [f"By {called(name)}: {what} gives {_gains(result, row, [name])}, against doing nothing."]
    share, many = f"{row[f'{name}_chance']:.0%}", row["replications"]
    sure = f"In {share} of resamples of {many} paired replications none of those followed gains more"
    doubles = [other for other in tied if _same(other, row, name)]
    alike = [other for other in tied if not _same(other, row, name)]
    worse = (result.mixes[f"{name}_state"] == "worse") & (result.mixes["replications"] == row["replications"])
    if alike:
        sentences.append(
            f"{sure}; but, allowing for all that were compared, it cannot be told apart from {_named(alike)}."
        )
    elif worse.any():
        others = "of those followed so far, all that gain less are" if doubles else "every other followed so far is"
        sentences.append(f"{sure}; {others} surely worse.")
    else:
        sentences.append(f"{sure}; no other mix was followed so far.")
    if doubles:
        sentences.append(f"Exactly the same gain for no less money: {_named(doubles)}.")
    loss = row[f"{name}_loss"]
    if loss > 0:
        little = name != "score" and loss < SAME * abs(row[name])
        lost = f"less than {SAME:.0%} of that" if little else f"{say.number(loss)} {_unit(name)}"
        sentences.append(f"In the resamples it gives up {lost} on average against the mix that comes first in each.")
    least = _cheapest(result, [other for other in tied if other["usd"] < row["usd"]], [name])
    if least:
        helps = " and clearly help" if _helps(result, least, name) else ""
        told = f"{least['words']}, USD {say.money(least['usd'])}: {_gains(result, least, [name])}"
        sentences.append(f"The cheapest of those that cannot be told apart{helps} is {told}.")
    elif alike:
        sentences.append("None of those that cannot be told apart is cheaper.")
    return sentences + _nearly(result, row, name, least["usd"] if least else row["usd"])


def _same(one: Row, other: Row, name: str) -> bool:
    """Return whether two mixes gain the same, mean and interval alike."""
    return name != "score" and all(math.isclose(one[f"{name}{end}"], other[f"{name}{end}"]) for end in ("", "_low"))


def _named(rows: list[Row]) -> str:
    """Return some mixes with their cost; the first few by name."""
    names = [f"'{row['words']}' (USD {say.money(row['usd'])})" for row in rows[:MOST_NAMED]]
    more = [f"{len(rows) - MOST_NAMED} more"] if len(rows) > MOST_NAMED else []
    return say.joined([*names, *more])


def _gains(result: PortfolioResult, row: Row, names: Sequence[str]) -> str:
    outcomes = dict.fromkeys(outcome for name in names for outcome in _judged(result, name))
    return say.joined([gain_in_words(result, row, outcome) for outcome in outcomes])


def _unit(name: str) -> str:
    """Return what a loss is counted in."""
    if name == "score":
        return "of the score"
    points = "points of " if name == "cohesion" else "" if MEASURES[name].flow else "in "
    return f"{points}{say.label(name)}"


def _nearly(result: PortfolioResult, best: Row, name: str, below: float) -> list[str]:
    """Return the cheapest mix that keeps nearly all of the gain, if it costs less than ``below``."""
    if name == "score" or not best[f"{name}_low"] > 0:
        return []
    known = result.mixes[result.mixes[f"{name}_state"] != "failed"]
    enough = known[(known[name] >= NEARLY * best[name]) & (known["usd"] < below)]
    if enough.empty:
        return []
    cheap = say.rows_of(enough.sort_values(["usd", name], ascending=[True, False], kind="stable"))[0]
    fewer = cheap["replications"] < best["replications"]
    few = f", as far as {cheap['replications']} replications tell" if fewer else ""
    share = f"{min(cheap[name] / best[name], 1.0):.0%}"
    return [f"About {share} of that gain costs USD {say.money(cheap['usd'])}: {cheap['words']}{few}."]


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
    sure = "one replication only" if math.isnan(low) else f"95 % interval {between}{clear}"
    return f"{say.label(outcome)} {size} {unit}".rstrip() + f" ({sure})"


def _effort(result: PortfolioResult) -> str:
    tried = len(result.mixes)
    those = f"all {tried}"
    if tried < result.possible:
        those = f"{tried:,} of them, at random and then by what they promise,"
    longest = int(result.mixes["replications"].max())
    followed = int((result.mixes["replications"] == longest).sum())
    return (
        f"{result.possible:,} mixes can be bought; {those} were tried in {result.runs:,} runs of the same "
        "municipalities in the same weeks. The runs went to where the choice was open: "
        f"{_mixes(followed, 'mix')} lived through all {longest} replications."
    )


def _failed(result: PortfolioResult) -> list[str]:
    """Return what failed and what was done about it."""
    if result.failures.empty:
        return []
    told = f"{_runs(len(result.failures))} failed; the first says: {result.failures.iloc[0]['message']}."
    mixes = int((result.mixes[f"{result.scored[0]}_state"] == "failed").sum())
    if mixes:
        told += f" {_mixes(mixes, 'mix')} left the race for that reason."
    void = result.failures.loc[result.failures["mix"] == 0, "replication"].nunique()
    if void:
        told += f" Without a programme {_runs(void)} failed: these replications are left out for all mixes."
    return [told]


def _runs(count: int) -> str:
    return f"{count:,} run{'s' if count > 1 else ''}"


def mixes_rows(result: PortfolioResult, most: int = 40) -> list[dict[str, str]]:
    """Return the mixes as texts, the best first."""
    return [_texts(result, row, result.scored) for row in say.rows_of(result.mixes.head(most))]


def front_rows(result: PortfolioResult) -> list[dict[str, str]]:
    """Return the mixes that no other beats as texts, the cheapest first."""
    rows = []
    for row in say.rows_of(result.front):
        texts = _texts(result, row, ())
        texts["replications"] = f"{row['replications']}{'' if row['finalist'] else ', left early'}"
        texts["on the front"] = f"{row['front_chance']:.0%}" if row["finalist"] else ""
        rows.append(texts)
    return rows


def _texts(result: PortfolioResult, row: Row, scored: tuple[str, ...]) -> dict[str, str]:
    texts = {"mix": row["words"], "USD": say.money(row["usd"])}
    for name in result.outcomes:
        digits = say.plain_digits(row[name], row[f"{name}_low"], row[f"{name}_high"])
        sign = -1 if _less(name) else 1
        ends = sorted((sign * row[f"{name}_low"], sign * row[f"{name}_high"]))
        between = say.span(ends[0], ends[1], digits)
        size = say.number(sign * row[name], digits, sign=True)
        texts[say.label(name)] = f"{size} ({between})" if between else size
    if scored:
        texts["replications"] = str(row["replications"])
    for name in scored:
        texts[f"by {called(name)}"] = row[f"{name}_state"]
    return texts
