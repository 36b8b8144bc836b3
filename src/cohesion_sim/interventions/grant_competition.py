"""Grant competition: the municipality funds small initiatives from its own budget [A1, B14, C25, C26]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from cohesion_sim.activities import NOTHING, Activities, Cost, Draws, PeopleView
from cohesion_sim.interventions._shared import LocalProjects, combined, grievance
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import chance, in_village, where


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantCompetition(LocalProjects):
    """Rounds of many small initiatives, paid from the municipality's own budget and chosen by a jury.

    Each initiative is a local project of the theme in one village (one quarter where there is one village).
    """

    start: Annotated[int, Choice("week", 0, 520, "first award")]
    rounds: Annotated[int, Choice("number", 0, 20, "rounds of the competition")]
    round_every: Annotated[int, Choice("weeks", 4, 520, "time to the next round")]
    own_budget: Annotated[float, Fact("USD a year", 0, 1_000_000_000, "the municipality's own budget")]
    share: Annotated[float, Choice("share of the own budget", 0, 1, "for one round")]
    cap: Annotated[float, Choice("USD per grant", 1, 1_000_000, "what one initiative gets")]
    applications: Annotated[int, Fact("number", 0, 10_000, "applications in one round")]
    award_rate: Annotated[float, Fact("share", 0, 1, "of applications that win")]
    contribution: Annotated[float, Fact("share of the grant", 0, 2, "added by the applicants")]
    organisers: Annotated[int, Choice("people", 0, 100, "who run one initiative")]
    fairness: Annotated[
        float, Choice("0-1", 0, 1, "1: a grant goes where it is due; 0: all go to one village or quarter")
    ]
    jury: Annotated[float, Choice("USD per round", 0, 100_000, "jury and announcement")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the awards of a round in its week, and what the initiatives that run this week do."""
        awards = self._running(week)
        if self.grants == 0 or not awards:
            return NOTHING
        return combined(*(self._initiatives(week, people, draws, award) for award in awards))

    @property
    def grants(self) -> int:
        """Grants in one round: what the budget allows, and no more than applications that win."""
        if self.organisers + self.reached == 0:
            return 0
        return min(int(self.own_budget * self.share / self.cap), round(self.applications * self.award_rate))

    def _running(self, week: int) -> list[int]:
        """Return the weeks of award of the rounds whose initiatives run this week."""
        awards = (self.start + number * self.round_every for number in range(self.rounds))
        return [award for award in awards if self._busy(week, award)]

    def _initiatives(self, week: int, people: PeopleView, draws: Draws, award: int) -> Activities:
        """Return the week of all initiatives of one round.

        A grant goes to the favoured place with probability 1 - fairness, otherwise to any place in proportion
        to its residents. Those outside the favoured place resent it as far as favour decided.
        """
        everywhere = where(in_village(people, self.village))
        place_of = people.village if not self.village and len(people.village_names) > 1 else people.quarter
        place = place_of[everywhere]
        places = np.cumsum(np.bincount(place))
        living = np.split(everywhere[np.argsort(place, kind="stable")], places)

        def one(decision: str) -> int:
            return int(np.searchsorted(places, chance(draws, decision, award) * places[-1], side="right"))

        favourite = one("favourite")
        parts = []
        by_favour = 0
        for number in range(self.grants):
            favour = chance(draws, f"grant {number} by favour", award) >= self.fairness
            by_favour += favour
            home = favourite if favour else one(f"grant {number}")
            parts.append(
                self._project(
                    week,
                    people,
                    draws,
                    award=award,
                    name=f"grant {number}",
                    place=living[home],
                    organisers=self.organisers,
                )
            )
        if week == award:
            left_out = everywhere[place != favourite]
            paid = self.cap * self.grants
            parts.append(
                Activities(
                    harms=grievance(left_out, self.favouritism * by_favour / self.grants),
                    costs=(
                        Cost(line="grants", usd=paid * (1 + self.contribution), own=paid),
                        Cost(line="jury", usd=self.jury, own=self.jury),
                    ),
                )
            )
        return combined(*parts)

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks, contributions of applicants included."""
        if self.grants == 0:
            return 0.0
        rounds = sum(self.start + number * self.round_every < weeks for number in range(self.rounds))
        return rounds * (self.cap * self.grants * (1 + self.contribution) + self.jury)
