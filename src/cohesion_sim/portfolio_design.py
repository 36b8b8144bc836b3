"""What the [portfolio] section of a file holds: money, what can be bought with it, and what it is to be good for.

A portfolio file is a scenario file with a section [portfolio]. The catalogue says what can be chosen, each entry with
its doses; a *mix* takes some entries, each in one dose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from cohesion_sim.parameters import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """[portfolio.catalogue.NAME], beside the fields of its kind: what it goes with, and whom it takes."""

    excludes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    staff: Mapping[str, Annotated[float, Choice("people", 0, 1e6, "of this profession, while it runs")]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One entry of the catalogue: an intervention in each of its doses."""

    doses: tuple[tuple[Mapping[str, Any], Any], ...]  # the fields that make the dose, and the intervention
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """[portfolio]: which mix does most for the money."""

    budget: Annotated[float, Choice("USD", 0, 1e9, "that a mix may cost at most, all lines")]
    runs: Annotated[int, Choice("runs", 20, 10_000_000, "municipalities lived through, of all mixes together")] = 2000
    replications: Annotated[int, Choice("replications", 4, 10_000, "of one mix at most")] = 40
    outcomes: tuple[str, ...] = ()  # none: the headline of the scenario
    weights: Mapping[str, Annotated[float, Choice("weight", 0, 1e9, "of a unit of the outcome")]] = field(
        default_factory=dict
    )
    robust: Annotated[bool, "every replication draws the facts anew from their evidence ranges"] = False
    staff: Mapping[str, Annotated[float, Choice("people", 0, 1e6, "of this profession at hand")]] = field(
        default_factory=dict
    )
    catalogue: Mapping[str, Offer]
