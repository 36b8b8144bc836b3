"""The sentences of an answer on one programme: what changed, for whom, at what cost, would a survey see it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cohesion_sim import phrases as say
from cohesion_sim.measures import MEASURES
from cohesion_sim.studies import effects as paired
from cohesion_sim.studies import surveyed
from cohesion_sim.studies.ranking import OUTCOMES, cost_effectiveness, outcomes_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.studies.results import Result

Row = Mapping[str, Any]
GROUPED = ("violent", "cohesion", "trust", "security", "attitude", "participation")
"""Where harm to a group is looked for, beside the headline of the scenario."""
SERVES = frozenset({"mediators"})
"""A means of the programme, not a change of life in the municipality."""
TRACE = 0.05, 0.001
"""Smaller gains (events a year; points) are left out of the sentences, never smaller harm."""
MOST = 6
"""As many measures are named in one sentence; the rest is counted."""


def about(result: Result, table: DataFrame, programme: str, *, brief: bool) -> list[str]:
    """Return the sentences on one programme."""
    whole = whole_of(table)
    lines = [change(result, whole[measure], brief=brief) for measure in headline(result) if measure in whole]
    sure = any(not math.isnan(row["low"]) for row in whole.values())
    if sure:
        lines += _beside(result, whole, brief=brief)
    if not brief:
        lines += _took_part(result, programme)
        lines += _least_and_most(result, table) if sure else []
    lines += _harm(result, table, brief=brief) if sure else []
    lines += _cost(result, programme)
    lines.append(_survey(result, table, programme))
    return [line for line in lines if line]


def headline(result: Result) -> list[str]:
    """Return the measures that are told one by one, those of the scenario first."""
    known = [name for name in result.scenario.headline if name in MEASURES]
    return list(dict.fromkeys((*known, *OUTCOMES)))


def looked_at(result: Result) -> list[str]:
    """Return the measures on which harm to a group is looked for."""
    return list(dict.fromkeys((*headline(result), *GROUPED)))


def whole_of(table: DataFrame) -> dict[str, dict[str, Any]]:
    """Return the rows for all residents by measure."""
    return {str(row["measure"]): row for row in say.rows_of(table[table["by"] == "all"])}


def change(result: Result, row: Row, *, brief: bool = False) -> str:
    """Return one sentence: the difference in natural units, its interval, in how many runs it was better."""
    measure = str(row["measure"])
    rate, title = say.is_rate(measure), say.capital(say.label(measure))
    values = say.in_units(result, row)
    without, effect, low, high = (values[name] for name in ("nothing", "effect", "low", "high"))
    digits = say.plain_digits(effect, low, high)
    unit = " a year" if rate else f" on {scale_of(measure)}"
    defined = f" ({say.COHESION})" if measure == "cohesion" and not brief else ""
    size, before = say.number(abs(effect), digits), say.level(without, digits)
    if effect == 0.0 and (math.isnan(low) or low == high == 0.0):
        pairs = int(row["replications"])
        same = "not one more or fewer" if rate else "no difference"
        few = "" if pairs == 1 else "; so few runs do not prove that there is none" if pairs < 100 else ""
        where = "the pair" if pairs == 1 else f"any of {pairs} pairs"
        return f"{title}: {same} in {where} of runs ({before}{unit} without){few}."
    word = ("more" if effect > 0 else "fewer") if rate else "up" if effect > 0 else "down"
    if not math.isnan(low) and not say.is_clear(row):
        text = (
            f"{title}: no clear difference, {before}{unit} without{defined}; 95% interval {say.span(low, high, digits)}"
        )
    else:
        ends = sorted((abs(low), abs(high)))
        interval = "" if math.isnan(low) else f"; 95% interval {' to '.join(say.number(e, digits) for e in ends)}"
        if rate:
            text = f"{title}: about {size} {word} a year (of {before} without{interval})"
        else:
            text = f"{title}: {word} by {size} from {before}{unit}{defined}{interval}"
    return f"{text}.{_how_often(row)}"


def _how_often(row: Row) -> str:
    """Return in how many of the paired runs it was better, the same and worse."""
    counts = [row["runs_better"], row["runs_same"], row["runs_worse"]]
    if row["replications"] < 2 or any(math.isnan(count) for count in counts):
        return ""
    better, same, worse = (int(count) for count in counts)
    return f" Better in {better}, the same in {same}, worse in {worse} of {int(row['replications'])} paired runs."


def scale_of(measure: str) -> str:
    """Return the scale of a state, for a sentence."""
    unit = MEASURES[measure].unit
    return {"share": "a share of 0-1", "people": "a count of people"}.get(unit, f"a scale of {unit}")


def side_of(row: Row) -> str:
    """Return whether an effect is clearly better or worse, or nothing."""
    better = MEASURES[str(row["measure"])].better
    if better == 0 or not say.is_clear(row):
        return ""
    return "better" if row["effect"] * better > 0 else "worse"


def _beside(result: Result, whole: Mapping[str, Row], *, brief: bool) -> list[str]:
    """Return what else became clearly better, and all that became clearly worse, however little."""
    told: dict[str, list[str]] = {"better": [], "worse": []}
    tiny = True
    for measure, row in whole.items():
        side = side_of(row)
        if not side or measure in SERVES or measure in headline(result):
            continue
        values, rate = say.in_units(result, row), say.is_rate(measure)
        effect, without = values["effect"], values["nothing"]
        if side == "better" and abs(effect) < TRACE[0 if rate else 1]:
            continue
        if side == "worse":
            tiny = tiny and abs(effect) < 0.02 * abs(without)
        digits = say.digits_of(effect, values["low"], values["high"])
        unit = " a year" if rate else ""
        after = say.level(values["with"], digits)
        told[side].append(f"{say.label(measure)} {after} instead of {say.level(without, digits)}{unit}")
    lines = []
    if told["better"] and not brief:
        lines.append(f"Also clearly better: {_listed(told['better'])}.")
    if told["worse"]:
        lines.append(f"Clearly worse{', though tiny' if tiny else ''}: {'; '.join(told['worse'])}.")
    if not lines and not brief:
        lines.append("Nothing else changed clearly.")
    return lines


def _listed(items: Sequence[str]) -> str:
    """Return the first items, and how many more there are."""
    more = f"; and {len(items) - MOST} more (in the table)" if len(items) > MOST else ""
    return "; ".join(items[:MOST]) + more


def _took_part(result: Result, programme: str) -> list[str]:
    """Return what happened to those who took part, those reached, and everybody else."""
    table = result.participants
    table = table[(table["programme"] == programme) & (table["people"] > 0)]
    if table.empty:
        return []
    means = table.groupby("who", observed=True)[["people", "attitude", "trust", "security"]].mean()
    parts = [
        f"{called} ({row['people']:,.0f} people) "
        + ", ".join(say.number(row[name], 3, sign=True) for name in ("attitude", "trust", "security"))
        for who, called in (("took part", "those who took part"), ("reached", "reached"), ("others", "everybody else"))
        if who in means.index
        for row in [means.loc[who].to_dict()]
    ]
    return [f"Change in attitude to others, trust and felt security (each 0-1): {'; '.join(parts)}."]


def _least_and_most(result: Result, table: DataFrame) -> list[str]:
    """Return who gained most and least in cohesion."""
    groups = table[(table["by"] != "all") & (table["measure"] == "cohesion")].sort_values("effect", kind="stable")
    if len(groups) < 2:
        return []
    least, most = groups.iloc[0], groups.iloc[-1]
    verb = "Lost" if least["high"] < 0 else "Gained least"
    first, last = (
        f"{say.group_title(result, row['by'], row['group'])} ({say.number(row['effect'], 3, sign=True)})"
        for row in (least, most)
    )
    return [f"{verb} in cohesion: {first}; gained most: {last}."]


def harms(result: Result, table: DataFrame) -> bool:
    """Return whether a programme made anything clearly worse, for everybody or for more groups than by chance."""
    if any(side_of(row) == "worse" for name, row in whole_of(table).items() if name not in SERVES):
        return True
    looked, harmed = paired.by_group(table, looked_at(result))
    return len(harmed) > 0.025 * len(looked)


def _harm(result: Result, table: DataFrame, *, brief: bool) -> list[str]:
    """Return which groups were clearly harmed, and on which measures that was looked for."""
    looked, harmed = paired.by_group(table, looked_at(result))
    if not len(looked):
        return []
    over = "results by group" if brief else f"results by {measures_and_groups(result)}"
    if not len(harmed):
        return [f"None of {len(looked)} {over} is clearly worse."]
    # The clearest first: the distance of the mean from zero in widths of its interval.
    clearness = (harmed["effect"].abs() / (harmed["high"] - harmed["low"])).sort_values(ascending=False, kind="stable")
    worst = [harmed.loc[place] for place in clearness.index[:3]]
    named = "; ".join(
        f"{say.label(row['measure'])}, {say.group_title(result, row['by'], row['group'])}" for row in worst
    )
    first = f"Harm: {len(harmed)} of {len(looked)} {over} {'are' if len(harmed) > 1 else 'is'} clearly worse"
    clearest = ", the clearest" if len(harmed) > 3 else ""
    return [f"{first} (chance alone would show about {0.025 * len(looked):.0f}){clearest}: {named}."]


def measures_and_groups(result: Result) -> str:
    """Return the groups and the measures on which harm is looked for."""
    names = say.joined([say.label(name) for name in looked_at(result)])
    return f"sex, age, community and village ({names})"


def _cost(result: Result, programme: str) -> list[str]:
    """Return what it cost, in all, who paid, and what it bought of the headline."""
    table = cost_effectiveness(result.weekly, result.money, outcomes_of(result.scenario))
    rows = say.rows_of(table[table["programme"] == programme])
    usd, own = float(rows[0]["usd"]), float(rows[0]["own"])
    if not usd > 0:
        return ["It cost nothing."]
    paid = "the municipality pays nothing"
    if own > 0:
        economy = result.scenario.economy
        budget = economy.own_budget * 1e6 / economy.som_per_usd * result.weeks / 52
        share = f" ({100 * own / budget:.2g} % of its own budget of that time)" if budget > 0 else ""
        paid = f"the municipality pays USD {say.money(own)} of it{share}"
    bought, nothing = [], []
    for row in rows:
        outcome = str(row["outcome"])
        gain = say.number(row["gain"], say.plain_digits(row["gain"], row["low"], row["high"]))
        each = f"USD {say.money(row['usd_per'])} each, {say.money(row['usd_low'])} to {say.money(row['usd_high'])}"
        if not row["defined"]:
            nothing.append(say.label(outcome))
        elif MEASURES[outcome].flow:
            bought.append(f"about {gain} fewer {say.label(outcome)} in {result.weeks} weeks ({each})")
        elif outcome == "cohesion":
            bought.append(f"{gain} of a point of cohesion")
        else:
            bought.append(f"{gain} in {say.label(outcome)} ({scale_of(outcome)})")
    got = f" That bought {say.joined(bought)}." if bought else ""
    if nothing and not math.isnan(rows[0]["low"]):
        got += f" No gain that is clear of zero in {say.joined(nothing)}, so no price for it."
    return [f"Cost: USD {say.money(usd)}; {paid}.{got}"]


def best_chance(whole: Mapping[str, Row]) -> float:
    """Return the best chance that a survey sees any of the changes."""
    return max((float(row["survey_power"]) for row in whole.values() if row["survey_power"] >= 0), default=0.0)


FEW = 10
"""Pairs of surveys, of which fewer say nothing about what most surveys would show."""


def _survey(result: Result, table: DataFrame, programme: str) -> str:
    """Return what ordinary surveys would have shown of the change that they see best."""
    whole = whole_of(table)
    surveys = result.survey[result.survey["programme"] == programme]
    rows = [row for row in say.rows_of(surveyed.summary(surveys, table)) if row["measure"] in whole]
    if not rows:
        return ""
    best = max(rows, key=lambda row: float(whole[str(row["measure"])]["survey_power"]))
    chance = float(whole[str(best["measure"])]["survey_power"])
    verdict = "would most likely not see it" if chance < 0.5 else "could see it" if chance < 0.8 else "would see it"
    told = f"Surveys of {result.scenario.measurement.survey} in a place with it and in one without {verdict}"
    name = say.label(str(best["measure"]))
    number, seen, wrong = (int(best[k]) for k in ("surveys", "significant", "wrong"))
    middle, low, high, effect = (say.number(best[k], 3, sign=True) for k in ("middle", "low", "high", "effect"))
    if 1 < number < FEW:
        return f"{told}; what they would show, {number} pairs of them are too few to tell."
    if number == 1:
        called = "and called it significant" if seen else "which they would not call significant"
        return f"{told}: here they show a difference in {name} of {middle}, {called} (the true change: {effect})."
    of_these = "" if not seen else f", {wrong or 'none'} of these with the wrong sign"
    share = f"{seen} ({100 * seen / number:.0f} in 100)" if seen else "none"
    return (
        f"{told}: of {number} pairs of surveys {share} called the difference in {name} significant{of_these}; "
        f"the middle of their estimates is {middle}, 90% of them lie between {low} and {high} "
        f"(the true change: {effect}; 5 in 100 are called significant by pure chance)."
    )
