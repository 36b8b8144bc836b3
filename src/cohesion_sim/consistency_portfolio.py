"""What must fit together in a portfolio: names of entries, staff and outcomes, and something that can be bought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cohesion_sim.consistency import Problem
from cohesion_sim.fields import maybe, one_of, show
from cohesion_sim.layers import CATALOGUE
from cohesion_sim.measures import MEASURES
from cohesion_sim.mixes import fewest_runs, mixes, prices
from cohesion_sim.parameters import InputError
from cohesion_sim.portfolio_design import Portfolio
from cohesion_sim.scenario import Scenario

JUDGED = tuple(name for name, measure in MEASURES.items() if measure.better)
"""Measures of which more, or less, is better."""


def portfolio_problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield place and words of what does not fit together in the section [portfolio]."""
    portfolio = scenario.portfolio
    if portfolio is None or portfolio.catalogue is None:
        return
    yield from _outcomes(portfolio)
    wrong = list(_terms(portfolio))
    yield from wrong
    if not wrong and portfolio.catalogue and portfolio.budget is not None and scenario.weeks is not None:
        yield from _money(scenario, portfolio)


def _known(place: tuple[str, ...], name: str, known: Iterable[str], what: str) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        mend = f"Write {one_of(names)}" if names else "There is none; remove it"
        yield place, f"no {what} {show(name)}{maybe(name, names)}. {mend}"


def _outcomes(portfolio: Portfolio) -> Iterator[Problem]:
    place = ("portfolio", "outcomes")
    for name in portfolio.outcomes or ():
        yield from _known(place, name, JUDGED, "measure with a better side")
    weights = portfolio.weights or {}
    for name in weights:
        yield from _known(("portfolio", "weights", name), name, portfolio.outcomes or (), "outcome")
    lacking = [name for name in portfolio.outcomes or () if name not in weights]
    if weights and lacking:
        yield ("portfolio", "weights"), f"{', '.join(lacking)} has no weight. Give one to every outcome, or to none"


def _terms(portfolio: Portfolio) -> Iterator[Problem]:
    for label, offer in portfolio.catalogue.items():
        place = (*CATALOGUE, label)
        others = [name for name in portfolio.catalogue if name != label]
        for kind in ("excludes", "needs"):
            for name in getattr(offer.terms, kind) or ():
                yield from _known((*place, kind), name, others, "other entry")
        for name in set(offer.terms.excludes or ()) & set(offer.terms.needs or ()):
            yield (*place, "needs"), f"{show(name)} is needed and excluded. Remove it from one of the two"
        for name in offer.terms.staff or {}:
            if name not in (portfolio.staff or {}):
                words = f"says nobody how many {name} there are. Write {name} = 2 in [portfolio.staff]"
                yield (*place, "staff", name), words
        yield from (
            ((*place, "kind"), "its kind cannot tell its cost beforehand. Give the kind a method planned_cost(weeks)")
            for _, made in offer.doses[:1]
            if not hasattr(made, "planned_cost")
        )


def _money(scenario: Scenario, portfolio: Portfolio) -> Iterator[Problem]:
    """Yield entries that no budget or staff allows, and too many mixes."""
    if any(not hasattr(made, "planned_cost") for offer in portfolio.catalogue.values() for _, made in offer.doses):
        return
    price = dict(zip(portfolio.catalogue, prices(scenario), strict=True))
    cheapest = min((min(usd), label) for label, usd in price.items() if usd) if any(price.values()) else (0.0, "")
    if cheapest[0] > portfolio.budget:
        words = f"{portfolio.budget:,.0f} USD buys nothing: {cheapest[1]}, the cheapest entry, costs {cheapest[0]:,.0f}"
        yield ("portfolio", "budget"), f"{words} USD. Raise it, or add an entry"
        return
    for label, usd in price.items():
        if usd and min(usd) > portfolio.budget:
            words = f"costs {min(usd):,.0f} USD, above the budget of {portfolio.budget:,.0f} USD"
            yield (*CATALOGUE, label), f"{words}. Make it cheaper or remove it, or raise portfolio.budget"
    try:
        found = mixes(scenario)
    except InputError as error:
        yield ("portfolio", "catalogue"), str(error).partition("portfolio: ")[2]
        return
    if len(found) < 2:
        words = "nothing can be bought with this budget and staff. Raise them, or add an entry"
        yield ("portfolio", "catalogue"), words
    least = fewest_runs(found)
    if portfolio.runs < least:
        words = f"{portfolio.runs} runs are too few for {len(found):,} mixes"
        yield ("portfolio", "runs"), f"{words}. Write runs = {least} or more"


