"""What a study found, in plain words: the same sentences in the terminal and at the top of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cohesion_sim.measures import MEASURES
from cohesion_sim.studies import effects as paired
from cohesion_sim.studies.ranking import cost_effectiveness, ranking

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from cohesion_sim.studies.results import Result

CAUTION = "Plausible under published effect sizes, not a prediction."
ALSO = (
    "marriages", "trust", "security", "attitude", "acceptance", "contact", "participation", "grievance",
    "language",
)  # fmt: skip
"""What is told after violent disputes and cohesion, when it changed clearly and by more than a trace."""
GROUPED = ("violent", "cohesion", "trust", "security", "attitude", "participation")
"""Where harm to a group is looked for."""


def answer(result: Result, effects: DataFrame | None = None) -> list[str]:
    """Return the answer as sentences: what changed, how sure, for whom, at what cost, would a survey see it.

    ``effects`` saves computing ``result.effects()`` again.
    """
    table = result.effects() if effects is None else effects
    lines = [opening(result)]
    missing = [name for name in result.programmes if name not in set(table["programme"])]
    for programme in result.programmes:
        if programme in missing:
            lines.append(f"{name_of(result, programme)}: no pair of runs was completed.")
            continue
        head = f"{name_of(result, programme)}. " if len(result.programmes) > 1 else ""
        of_programme = table[table["programme"] == programme]
        about = _about(result, of_programme, programme, brief=bool(head))
        lines += [head + " ".join(about)] if head else about
    if len(result.programmes) - len(missing) > 1:
        lines += ranked(result)
    if len(result.failures):
        first = result.failures.iloc[0]
        lines.append(
            f"{len(result.failures)} of {(1 + len(result.programmes)) * result.replications} runs failed, "
            f"the first at {first['stage']}: {first['message']}. They are left out above."
        )
    return lines


def opening(result: Result) -> str:
    """Return the first sentence: what was compared with what, and how to take it."""
    place = place_of(result)
    named = " and ".join(f"'{name}'" for name in result.programmes)
    pairs = "once" if result.replications == 1 else f"{result.replications} times"
    return (
        f"A municipality modelled on {place}, {result.weeks} weeks, with {named} and without, the same "
        f"people and the same luck, {pairs}. {CAUTION}"
    )


def place_of(result: Result) -> str:
    """Return the place that the scenario is modelled on; its title may say "Modelled on" already."""
    return title_of(result.scenario.title, result.scenario.name).removeprefix("Modelled on ")


def title_of(titles: Mapping[str, str], name: str) -> str:
    """Return the English title, or the name when there is none."""
    return str(titles.get("en") or name)


def name_of(result: Result, programme: str) -> str:
    """Return the title of a programme with its name, e.g. ``The project (project)``."""
    known = result.scenario.programmes.get(programme)
    title = title_of(known.title, programme) if known else programme
    return programme if title == programme else f"{title} ({programme})"


def _about(result: Result, table: DataFrame, programme: str, *, brief: bool) -> list[str]:
    """Return the sentences on one programme."""
    whole = table[table["by"] == "all"].set_index("measure")
    lines = [change(result, whole, programme, "violent"), change(result, whole, programme, "cohesion")]
    lines.append(_also(result, whole))
    if not brief:
        lines += _took_part(result, programme)
        lines += _for_whom(result, table)
    lines += _cost(result, programme)
    lines.append(_survey(result, whole))
    return [line for line in lines if line]


def change(result: Result, whole: DataFrame, programme: str, measure: str) -> str:
    """Return one sentence: the difference in natural units, its interval, in how many runs it was better."""
    if measure not in whole.index:
        return ""
    row, title = whole.loc[measure].to_dict(), _capital(MEASURES[measure].title)
    gain = paired.gains(result.weekly, measure)[programme].dropna()
    counted = MEASURES[measure].flow
    scale = _yearly(result) if counted else 1.0
    without, effect, low, high = (float(row[name]) * scale for name in ("nothing", "effect", "low", "high"))
    digits = _digits(effect, low, high, extra=0 if counted else 1)
    unit = "a year" if counted else f"points on {MEASURES[measure].unit}"
    if effect == 0.0 and low == high == 0.0:
        return f"{title}: no difference at all."
    worse, better = ("more", "fewer") if counted else ("down", "up")
    word = better if (effect > 0) == (MEASURES[measure].better > 0) else worse
    if math.isnan(low):
        sure = "One pair of runs cannot say how sure this is."
        return f"{title}: {abs(effect):.{digits}f} {word} ({without:.{digits}f} {unit} without). {sure}"
    if low <= 0 <= high:
        text = (
            f"{title}: no clear difference ({without:.{digits}f} {unit} without; {effect:+.{digits}f}, "
            f"95% interval {low:+.{digits}f} to {high:+.{digits}f})"
        )
    else:
        ends = sorted((abs(low), abs(high)))
        span = f"95% interval {ends[0]:.{digits}f} to {ends[1]:.{digits}f}"
        if counted:
            compared = "of" if word == better else "more than"
            shown = f"{abs(effect):.{digits}f} {compared} {without:.{digits}f} a year"
            text = f"{title}: about {shown}{' fewer' if word == better else ''} ({span})"
        else:
            text = f"{title}: {word} by {abs(effect):.{digits}f} from {without:.{digits}f} ({unit}; {span})"
    return f"{text}. {_how_often(gain, better if counted else 'higher')}"


def _how_often(gain: Series, word: str) -> str:
    """Return in how many of the paired runs it was better."""
    equal = int((gain == 0).sum())
    ties = f", equal in {equal}," if equal else ""
    return f"{_capital(word)} in {int((gain > 0).sum())}{ties} of {len(gain)} paired runs."


def _also(result: Result, whole: DataFrame) -> str:
    """Return what else changed clearly, for the better and for the worse."""
    told: dict[str, list[str]] = {"better": [], "worse": []}
    for measure in ALSO:
        if measure not in whole.index:
            continue
        row = whole.loc[measure].to_dict()
        scale = _yearly(result) if MEASURES[measure].flow else 1.0
        effect, without = float(row["effect"]) * scale, float(row["nothing"]) * scale
        if not (row["low"] > 0 or row["high"] < 0) or abs(effect) < (
            0.05 if MEASURES[measure].flow else 0.001
        ):
            continue
        low, high = float(row["low"]) * scale, float(row["high"]) * scale
        digits = _digits(effect, low, high, extra=0 if MEASURES[measure].flow else 1)
        unit = " a year" if MEASURES[measure].flow else ""
        side = "better" if effect * MEASURES[measure].better > 0 else "worse"
        told[side].append(f"{MEASURES[measure].title} {effect:+.{digits}f} from {without:.{digits}f}{unit}")
    parts = [f"clearly {side}: {'; '.join(items)}" for side, items in told.items() if items]
    return f"Also {', and '.join(parts)}." if parts else "Nothing else changed clearly."


def _took_part(result: Result, programme: str) -> list[str]:
    """Return what happened to those who took part, those reached, and everybody else."""
    table = result.participants
    table = table[(table["programme"] == programme) & (table["people"] > 0)]
    if table.empty:
        return []
    means = table.groupby("who", observed=True)[["people", "attitude", "trust", "security"]].mean()
    parts = [
        f"{who} ({row['people']:,.0f} people): attitude {row['attitude']:+.3f}, trust {row['trust']:+.3f}, "
        f"security {row['security']:+.3f}"
        for who in ("took part", "reached", "others")
        if who in means.index
        for row in [means.loc[who].to_dict()]
    ]
    return [f"Change by closeness to the programme, on 0-1: {'; '.join(parts)}."]


def _for_whom(result: Result, table: DataFrame) -> list[str]:
    """Return who gained most and least in cohesion, and which groups were clearly harmed."""
    lines = []
    groups = table[(table["by"] != "all") & (table["measure"] == "cohesion")].sort_values(
        "effect", kind="stable"
    )
    if len(groups) > 1:
        least, most = groups.iloc[0], groups.iloc[-1]
        verb = "Lost" if least["high"] < 0 else "Gained least"
        lines.append(
            f"{verb} in cohesion: {group_title(result, least['by'], least['group'])} ({least['effect']:+.3f})"
            f"; gained most: {group_title(result, most['by'], most['group'])} ({most['effect']:+.3f})."
        )
    looked = table[(table["by"] != "all") & table["measure"].isin(GROUPED) & table["low"].notna()]
    sign = looked["measure"].map({name: measure.better for name, measure in MEASURES.items()})
    harmed = looked[((sign > 0) & (looked["high"] < 0)) | ((sign < 0) & (looked["low"] > 0))]
    if len(harmed):
        # The clearest first: the distance of the mean from zero in widths of its interval.
        clearness = (harmed["effect"].abs() / (harmed["high"] - harmed["low"])).sort_values(
            ascending=False, kind="stable"
        )
        worst = [harmed.loc[place] for place in clearness.index[:3]]
        named = "; ".join(
            f"{MEASURES[row['measure']].title}, {group_title(result, row['by'], row['group'])}"
            for row in worst
        )
        lines.append(
            f"{len(harmed)} of {len(looked)} results by group point clearly to harm (chance alone would show "
            f"about {0.025 * len(looked):.0f}): {named}."
        )
    elif len(looked):
        lines.append(
            f"None of {len(looked)} results by sex, age, community and village points clearly to harm."
        )
    return lines


def _cost(result: Result, programme: str) -> list[str]:
    """Return what it cost, in all, per dispute kept from violence and per point of cohesion."""
    table = cost_effectiveness(result.weekly, result.money)
    table = table[table["programme"] == programme].set_index("outcome")
    row = table.iloc[0].to_dict()
    if not row["usd"] > 0:
        return ["It cost nothing."]
    own = f", of it USD {money(row['own'])} paid by the municipality" if row["own"] > 0 else ""
    parts = []
    for outcome, name in (
        ("violent", "dispute kept from violence"),
        ("cohesion", "point of cohesion (0-10, all residents)"),
    ):
        line = table.loc[outcome].to_dict()
        if line["defined"]:
            span = f"{money(line['usd_low'])} to {money(line['usd_high'])}"
            parts.append(f"USD {money(line['usd_per'])} per {name} ({span})")
        else:
            parts.append(f"no price per {name}, as the gain is not clear of zero")
    return [f"Cost: USD {money(row['usd'])}{own}; {'; '.join(parts)}."]


def _survey(result: Result, whole: DataFrame) -> str:
    """Return whether an ordinary survey would see it."""
    asked = whole[whole["survey_power"].notna()]
    if asked.empty:
        return ""
    best = asked.sort_values("survey_power", kind="stable").iloc[-1]
    chance = float(best["survey_power"])
    verdict = (
        "would most likely not see it" if chance < 0.5 else "could see it" if chance < 0.8 else "would see it"
    )
    return (
        f"A survey of {result.scenario.measurement.survey} before and after {verdict}: at best a chance of "
        f"{100 * chance:.0f}% ({MEASURES[str(best.name)].title}: a change of {best['effect']:+.3f} against a "
        f"survey error of {best['survey_error']:.3f}; 5% is pure chance)."
    )


def ranked(result: Result) -> list[str]:
    """Return one sentence an outcome: the programmes by gain for money, and which cannot be told apart."""
    table = ranking(result.weekly, result.money)
    lines = []
    for outcome, rows in table.groupby("outcome", sort=False):
        costly = rows[rows["tier"] > 0]
        tiers = [list(tier["programme"]) for _, tier in costly.groupby("tier")]
        order = ", then ".join(" = ".join(tier) for tier in tiers)
        name = "violent disputes averted" if outcome == "violent" else MEASURES[str(outcome)].title
        best = costly.iloc[0] if len(costly) else None
        if best is None:
            lines.append(f"By {name} for money: no programme cost anything.")
            continue
        per = (
            ""
            if math.isnan(best["worth_low"])
            else f", 95% interval {best['worth_low']:.2g} to {best['worth_high']:.2g}"
        )
        alike = [" and ".join(tier) for tier in tiers if len(tier) > 1]
        apart = f" Cannot be told apart: {'; '.join(alike)}." if alike else ""
        lines.append(f"By {name} for money: {order} (best: {best['worth']:.2g} per USD 1,000{per}).{apart}")
    return lines


def group_title(result: Result, by: str, group: str) -> str:
    """Return what a group is called: the English title of a community or village, or its own name."""
    known: Any = {"community": result.scenario.communities, "village": result.scenario.villages}.get(by, {})
    if group in known:
        return title_of(known[group].title, group)
    return {"age": f"age {group}", "all": "everybody"}.get(by, group)


def money(usd: float) -> str:
    """Return USD with two or three significant digits and thousands separated."""
    if not math.isfinite(usd) or usd == 0:
        return f"{usd:.0f}"
    step = 10 ** max(math.floor(math.log10(abs(usd))) - 2, 0)
    return f"{round(usd / step) * step:,.0f}"


def _yearly(result: Result) -> float:
    """Return the factor from events per 1,000 residents a year to events a year in the whole municipality."""
    weekly = result.weekly
    return float(weekly.loc[weekly["by"] == "all", "residents"].mean()) / 1000


def _digits(effect: float, low: float, high: float, extra: int) -> int:
    """Return how many decimals show the effect, and show an interval clear of zero as clear of zero."""
    if effect == 0 or not math.isfinite(effect):
        return 1 + extra
    digits = min(max(0, -math.floor(math.log10(abs(effect)))) + extra, 4)
    nearest_end = min(abs(low), abs(high))
    while low * high > 0 and round(nearest_end, digits) == 0 and digits < 4:
        digits += 1
    return digits


def _capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]
