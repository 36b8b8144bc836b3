"""What a study found, in plain words: the same sentences in the terminal and at the top of the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cohesion_sim import phrases as say
from cohesion_sim import sentences
from cohesion_sim.measures import MEASURES
from cohesion_sim.phrases import CAUTION
from cohesion_sim.sentences import MOST, Row
from cohesion_sim.studies.ranking import OUTCOMES, cost_effectiveness, outcomes_of, ranking

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.studies.results import Result


def answer(result: Result, effects: DataFrame | None = None) -> list[str]:
    """Return the answer as sentences: in short, how found, what changed, for whom, at what cost, seen or not.

    ``effects`` saves computing ``result.effects()`` again.
    """
    table = result.effects() if effects is None else effects
    completed = [name for name in result.programmes if name in set(table["programme"])]
    order = ranked(result) if len(completed) > 1 else []
    lines = [in_short(result, table, completed), opening(result), *settings(result), *order]
    several = len(result.programmes) > 1
    if several:
        lines.append(f"{say.capital(say.COHESION)}. Harm is looked for by {sentences.measures_and_groups(result)}.")
    for programme in result.programmes:
        head = f"{say.name_of(result, programme)}. " if several else ""
        if programme not in completed:
            lines.append(f"{say.name_of(result, programme)}: no pair of runs was completed.")
            continue
        about = sentences.about(result, table[table["programme"] == programme], programme, brief=several)
        lines += [head + " ".join(about)] if several else about
    if completed and int(table["replications"].max()) == 1:
        lines.append("One pair of runs: nothing can be said about how sure this is; use --replications 20.")
    if len(result.failures):
        first = result.failures.iloc[0]
        lines.append(
            f"{len(result.failures)} of {(1 + len(result.programmes)) * result.replications} runs failed, "
            f"the first at {first['stage']}: {first['message']}. They are left out above."
        )
    return lines


def opening(result: Result) -> str:
    """Return what was compared with what, and how to take it."""
    named = say.joined([f"'{say.programme_title(result.scenario, name)}'" for name in result.programmes])
    pairs = "once" if result.replications == 1 else f"{result.replications} times"
    return (
        f"A municipality modelled on {say.place_of(result)}, {result.weeks} weeks, with {named} and without, "
        f"the same people and the same luck, {pairs}. {CAUTION}"
    )


def settings(result: Result) -> list[str]:
    """Return what the user has set, and what of it lies outside the evidence."""
    told = []
    for path, number, outside in say.changed(result.scenario):
        ends = "" if number.range is None else f"{number.range[0]:g} to {number.range[1]:g}"
        beyond = f", outside the evidence range {ends}" if outside else f", evidence {ends}" if ends else ""
        told.append(f"{path} = {number.value:g} ({number.unit}{beyond})")
    more = f"; and {len(told) - MOST} more" if len(told) > MOST else ""
    return [f"Changed for this run: {'; '.join(told[:MOST])}{more}."] if told else []


def in_short(result: Result, table: DataFrame, completed: Sequence[str]) -> str:
    """Return the whole answer in one or two plain sentences."""
    if not completed:
        return "In short: no pair of runs was completed."
    if len(completed) > 1:
        harmful = [name for name in completed if sentences.harms(result, table[table["programme"] == name])]
        titles = [_quoted(result, name) for name in harmful]
        also = f" Something became clearly worse with {say.joined(titles)}: see below." if titles else ""
        return f"In short: {_first_places(result)}{also}"
    programme = completed[0]
    of_programme = table[table["programme"] == programme]
    whole = sentences.whole_of(of_programme)
    changes, unclear = [], []
    for measure in sentences.headline(result):
        if measure not in whole:
            continue
        if say.is_clear(whole[measure]) or math.isnan(whole[measure]["low"]):
            changes.append(_briefly(result, whole[measure]))
        else:
            unclear.append(say.label(measure))
    if unclear:
        changes.append(f"no clear change in {say.joined(unclear)}")
    usd = float(cost_effectiveness(result.weekly, result.money, OUTCOMES[:1]).set_index("programme")["usd"][programme])
    cost = f"for USD {say.money(usd)}" if usd > 0 else "at no cost"
    harm = " Something became clearly worse too: see below." if sentences.harms(result, of_programme) else ""
    chance = sentences.best_chance(whole)
    seen = f" A survey of {result.scenario.measurement.survey} would most likely not notice." if chance < 0.5 else ""
    return (
        f"In short, with '{say.programme_title(result.scenario, programme)}': {'; '.join(changes)}; {cost}.{seen}{harm}"
    )


def _briefly(result: Result, row: Row) -> str:
    """Return a change in a few words."""
    values, measure = say.in_units(result, row), str(row["measure"])
    digits = say.plain_digits(values["effect"], values["low"], values["high"])
    size = say.number(abs(values["effect"]), digits)
    if say.is_rate(measure):
        word = "more" if values["effect"] > 0 else "fewer"
        return f"about {size} {word} {say.label(measure)} a year, of {say.level(values['nothing'], 0)}"
    word = "higher" if values["effect"] > 0 else "lower"
    return f"{say.label(measure)} {size} {word} on {sentences.scale_of(measure)}"


def _tiers(result: Result) -> list[tuple[str, Sequence[Row]]]:
    """Return outcome and the rows of its ranking that cost anything, best first."""
    table = ranking(result.weekly, result.money, outcomes_of(result.scenario))
    return [
        (str(outcome), say.rows_of(rows[rows["tier"] > 0])) for outcome, rows in table.groupby("outcome", sort=False)
    ]


def _quoted(result: Result, programme: str) -> str:
    """Return the title of a programme in quotes, as titles may hold commas."""
    return f"'{say.programme_title(result.scenario, programme)}'"


def _helpful(result: Result, rows: Sequence[Row]) -> str:
    """Return the programmes whose gain for the money is clear of zero."""
    return say.joined([_quoted(result, row["programme"]) for row in rows if row["worth_low"] > 0])


def _first_places(result: Result) -> str:
    """Return which programme gives most for the money on each outcome, if any can be said to."""
    parts = []
    for outcome, rows in _tiers(result):
        top = [_quoted(result, row["programme"]) for row in rows if row["tier"] == 1]
        name = say.label(outcome)
        if not rows:
            parts.append(f"{name}: no programme cost anything")
        elif not any(row["worth_low"] > 0 for row in rows):
            parts.append(f"{name}: no programme clearly helps for its money")
        elif not rows[0]["worth_low"] > 0:
            parts.append(f"{name}: only {_helpful(result, rows)} clearly helped")
        elif len(top) == 1:
            parts.append(f"{name}: {top[0]} gives most for the money")
        else:
            parts.append(f"{name}: {top[0]} comes first for the money, but {say.joined(top[1:])} may do as well")
    return f"{'; '.join(parts)}."


def ranked(result: Result) -> list[str]:
    """Return one sentence an outcome: the programmes by gain for money, and which cannot be told apart."""
    lines = []
    for outcome, rows in _tiers(result):
        head = f"By {say.label(outcome)} for the money"
        if not rows:
            lines.append(f"{head}: no programme cost anything.")
            continue
        tiers: dict[int, list[str]] = {}
        for row in rows:
            tiers.setdefault(int(row["tier"]), []).append(_quoted(result, row["programme"]))
        order = "; then ".join(
            f"{say.joined(tier)} (cannot be told apart)" if len(tier) > 1 else tier[0] for tier in tiers.values()
        )
        best = rows[0]
        if best["worth_low"] > 0:
            unit = "fewer" if MEASURES[outcome].flow else "points"
            digits = say.plain_digits(best["worth"], best["worth_low"], best["worth_high"])
            ends = " to ".join(say.number(best[name], digits) for name in ("worth_low", "worth_high"))
            clear = f" The first: {say.number(best['worth'], digits)} {unit} per USD 1,000, 95% interval {ends}."
        elif math.isnan(best["worth_low"]):
            clear = ""
        elif best["worth_high"] < 0 and not _helpful(result, rows):
            clear = " Even the first makes it clearly worse."
        else:
            helpful = _helpful(result, rows)
            clear = f" Only {helpful} clearly helped." if helpful else " Even the first is not clear of doing nothing."
        lines.append(f"{head}: {order}.{clear}")
    return lines
