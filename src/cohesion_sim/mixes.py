"""Which mixes of a catalogue can be bought: within budget and staff, with what they need and nothing excluded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import InputError
from cohesion_sim.portfolio_design import Portfolio
from cohesion_sim.scenario import Programme, Scenario

MOST = 200_000
"""More mixes than this are not looked through."""
ROUNDING = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class Mixes:
    """All that can be bought.

    Attributes
    ----------
    labels
        Names of the catalogue's entries.
    dose
        Shape (mixes, entries): which dose of the entry is in the mix, counted from 1; 0: the entry is not in it. The
        first mix is the empty one: doing nothing.
    cost
        USD planned, shape (mixes,).
    """

    labels: tuple[str, ...]
    dose: NDArray[np.int16]
    cost: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.cost)


def mixes(scenario: Scenario) -> Mixes:
    """Return every mix that a portfolio file allows, in the order of its catalogue.

    Raises
    ------
    InputError
        If there are more than `MOST`.
    """
    portfolio = portfolio_of(scenario)
    rows: list[tuple[int, ...]] = []
    costs: list[float] = []
    for row, cost in _below(portfolio, prices(scenario), (), 0.0):
        rows.append(row)
        costs.append(cost)
        if len(rows) > MOST:
            raise InputError(
                f"{scenario.name}: portfolio: more than {MOST:,} mixes are possible. Write fewer entries or doses"
            )
    labels = tuple(portfolio.catalogue)
    return Mixes(labels, np.array(rows, np.int16).reshape(len(rows), len(labels)), np.array(costs))


def fewest_runs(found: Mixes) -> int:
    """Return how many runs a race of some mixes needs at least, so that its best is no accident of what was tried."""
    return 4 * len(found) if len(found) <= 50 else 200


def portfolio_of(scenario: Scenario) -> Portfolio:
    """Return the section [portfolio]. Raises `InputError` when there is none."""
    if scenario.portfolio is None:
        raise InputError(
            f"{scenario.name}: says nothing of a portfolio. Add a section [portfolio]; "
            "docs/portfolio.md shows a whole file"
        )
    return scenario.portfolio


def prices(scenario: Scenario) -> list[list[float]]:
    """Return what every dose of every entry costs at most, USD."""
    return [
        [float(made.planned_cost(scenario.weeks)) for _, made in offer.doses]
        for offer in portfolio_of(scenario).catalogue.values()
    ]


def _below(
    portfolio: Portfolio, price: Sequence[Sequence[float]], row: tuple[int, ...], cost: float
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield the allowed mixes that begin with ``row``, with their cost."""
    if len(row) == len(price):
        if _complete(portfolio, row):
            yield row, cost
        return
    yield from _below(portfolio, price, (*row, 0), cost)
    if not _taken(portfolio, (*row, 1)):
        return
    for dose, usd in enumerate(price[len(row)], 1):
        if cost + usd <= portfolio.budget * ROUNDING:
            yield from _below(portfolio, price, (*row, dose), cost + usd)


def _taken(portfolio: Portfolio, row: tuple[int, ...]) -> bool:
    """Return whether the last entry of a row goes with those before: nothing excluded, staff enough."""
    names = list(portfolio.catalogue)
    chosen = [name for name, dose in zip(names, row, strict=False) if dose]
    last = chosen[-1]
    excluded = portfolio.catalogue[last].terms.excludes
    for name in chosen[:-1]:
        if name in excluded or last in portfolio.catalogue[name].terms.excludes:
            return False
    for profession, number in portfolio.staff.items():
        if sum(portfolio.catalogue[name].terms.staff.get(profession, 0.0) for name in chosen) > number * ROUNDING:
            return False
    return True


def _complete(portfolio: Portfolio, row: tuple[int, ...]) -> bool:
    """Return whether everything in a mix has what it needs."""
    chosen = {name for name, dose in zip(portfolio.catalogue, row, strict=True) if dose}
    return all(chosen.issuperset(portfolio.catalogue[name].terms.needs) for name in chosen)


def programme_of(scenario: Scenario, row: Sequence[int], name: str) -> Programme:
    """Return a mix as a programme."""
    catalogue = portfolio_of(scenario).catalogue
    chosen = {
        label: offer.doses[dose - 1][1] for (label, offer), dose in zip(catalogue.items(), row, strict=True) if dose
    }
    return Programme(name=name, interventions=chosen)


def described(scenario: Scenario, row: Sequence[int]) -> str:
    """Return a mix in words: its entries, with their dose where there are several."""
    parts = []
    for (label, offer), dose in zip(portfolio_of(scenario).catalogue.items(), row, strict=True):
        if dose:
            called = label.replace("_", " ")
            made = ", ".join(f"{name} {value}" for name, value in offer.doses[dose - 1][0].items())
            parts.append(f"{called} ({made})" if len(offer.doses) > 1 else called)
    return " + ".join(parts) or "nothing"
