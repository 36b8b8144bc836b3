"""What a country says, in sentences a minister reads: how much, for what money, where, and how sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cohesion_sim import phrases as say
from cohesion_sim.measures import MEASURES
from cohesion_sim.studies.country import tables
from cohesion_sim.studies.country.places import Loaded

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.studies.country.run import CountryResult

KINDS = {
    "region": "region",
    "type": "type of municipality",
    "years": "tension",
    "residents": "size",
    "diversity": "mixture of communities",
    "segregation": "division into quarters",
}
"""What the groups of `tables.kinds` differ in."""


def title_of(loaded: Loaded, by: str, group: str) -> str:
    """Return what a group is called."""
    if by == "region":
        return say.title_of(loaded.design.regions[group].title, group)
    if by == "type":
        named = loaded.scenarios[loaded.design.types[group].scenario]
        return f"{group} ({say.title_of(named.title, group)[:1].lower()}{say.title_of(named.title, group)[1:]})"
    return "everywhere" if by == "all" else group.replace("-district", " district")


def unit_of(measure: str, *, usd: bool = False) -> str:
    """Return the unit of a gain, or with ``usd`` of what 1,000 USD bring."""
    if tables.counted(measure):
        fewer = "fewer" if MEASURES[measure].better < 0 else "more"
        return f"{fewer} a year, per 1,000 USD" if usd else f"{fewer} a year, per 1,000 residents"
    unit = MEASURES[measure].unit
    return f"residents who gain a point of {unit}, per 1,000 USD" if usd else f"points of {unit}"


def country_answer(result: CountryResult) -> list[str]:
    """Return the answer: one sentence that says it, then what a decision needs."""
    headline = result.loaded.design.country.headline
    rows = tables.treated(result.municipalities)
    every = tables.effects(result.municipalities, headline)
    kinds = tables.kinds(result.municipalities, headline)
    people = say.money(float(rows["residents"].sum()))
    usd = say.money(float(rows["usd"].sum()))
    own = say.money(float(rows["own_usd"].sum()))
    out = [
        f"In {len(rows)} municipalities with {people} residents the programme costs {usd} USD (of it {own} USD from "
        f"local budgets) and reaches {say.money(float(rows['reached'].sum()))} people. "
        + _whole(every, headline[0])
    ]
    out += [_whole(every, name) for name in headline[1:]]
    for name in headline:
        out.append(_where(result, kinds, name))
    table = tables.districts(result.municipalities, headline)
    out.append(_districts(table, headline[0]))
    out.append(
        "Intervals hold the luck of each municipality and the differences between municipalities, not how wrong the "
        "model may be. " + say.CAUTION
    )
    if len(result.failures):
        n = len(result.failures)
        out.append(f"{n} municipalities could not be computed and are left out; failures.csv says why.")
    return out


def _whole(every: DataFrame, measure: str) -> str:
    """Return what the whole country gains, how sure that is, and for what money."""
    row = say.rows_of(every[every["measure"] == measure])[0]
    what, counted = say.label(measure), tables.counted(measure)
    more = (row["gain"] > 0) == (MEASURES[measure].better > 0)
    change = f"{say.number(abs(row['gain']))} {'more' if more else 'fewer'} per 1,000 residents a year"
    if not counted:
        change = f"{say.number(abs(row['gain']))} points of {MEASURES[measure].unit} {'up' if more else 'down'}"
    verdict = "clearly better" if row["low"] > 0 else "clearly worse" if row["high"] < 0 else "no clear change"
    between = f"95 % interval of the gain {say.number(row['low'])} to {say.number(row['high'])}"
    worth = ""
    if row["low"] > 0:
        each = f"one {'more' if more else 'fewer'} a year costs about {say.money(1000 / row['worth'])} USD"
        worth = f"; {each}" if counted else f"; 1,000 USD let {say.number(row['worth'])} residents gain one point"
    return f"{what[:1].upper()}{what[1:]}: {change} ({between}), {verdict}{worth}."


def _where(result: CountryResult, kinds: DataFrame, measure: str) -> str:
    """Return by what it differs where the money goes furthest."""
    found = tables.apart(kinds, measure)
    what = say.label(measure)
    if not found:
        return f"For {what}, no kind of municipality stands out: by no split is the money clearly worth more anywhere."
    words = []
    for by, best, worst in found:
        rows = kinds[(kinds["by"] == by) & (kinds["measure"] == measure)].set_index("group")["worth"]
        high, low = (title_of(result.loaded, by, group) for group in (best, worst))
        words.append(f"by {KINDS[by]}, {high} ({say.number(rows[best])}) before {low} ({say.number(rows[worst])})")
    unit = unit_of(measure, usd=True)
    return f"Where the money goes furthest for {what} ({unit}): " + "; ".join(words) + "."


def _districts(table: DataFrame, measure: str) -> str:
    """Return how many districts gain clearly, and how many lose."""
    rows = table[table["measure"] == measure]
    better, worse = int((rows["low"] > 0).sum()), int((rows["high"] < 0).sum())
    return (
        f"By {say.label(measure)}, {better} of {len(rows)} districts gain clearly, {worse} lose clearly; for the rest "
        "luck and programme cannot be told apart in one district alone."
    )
