"""What a study hands back: the tables of all runs, with and without the programmes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.scenario import Scenario


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """The tables of one study; each has one row for the keys named first, "nothing" being the twin runs.

    Attributes
    ----------
    scenario, programmes, weeks, replications, seed
        What was run; ``programmes`` leaves out "nothing".
    weekly
        programme, replication, week, by (all, sex, age, community, village), group, residents, then one
        column a measure (`cohesion_sim.measures.MEASURES`): counts of the week for flows, the state for
        stocks, NaN where a measure has no meaning for a group.
    disputes
        programme, replication, kind: arisen, registered, mediated, settled, violent, unresolved, open.
    money
        programme, replication, label, line: usd, and own, the part of it that the municipality pays.
    participants
        programme, replication, who (took part, reached, others): people, and the difference of their
        attitude, norm, trust and security at the end to the same people's in the twin run; people_met is the
        change of trust between people of two communities since they met in an activity.
    survey
        programme, replication, measure: what two ordinary surveys at the end show, one in a place with the programme
        and one in a place without: nothing, with, their difference, low, high (95 % interval), significant (5 %).
    people
        property, group: target, achieved, unit, of replication 0.
    failures
        programme, replication, stage, message of runs that failed.
    seconds
        Time taken, by stage.
    """

    scenario: Scenario
    programmes: tuple[str, ...]
    weeks: int
    replications: int
    seed: int
    weekly: DataFrame = field(repr=False)
    disputes: DataFrame = field(repr=False)
    money: DataFrame = field(repr=False)
    participants: DataFrame = field(repr=False)
    survey: DataFrame = field(repr=False)
    people: DataFrame = field(repr=False)
    failures: DataFrame = field(repr=False)
    seconds: Mapping[str, float] = field(default_factory=dict)

    def effects(self) -> DataFrame:
        """Return the paired effects, one row a programme, measure and group (see `studies.effects`)."""
        from cohesion_sim.studies.effects import effects

        return effects(self.weekly, self.scenario.measurement)

    def summary(self) -> DataFrame:
        """Return mean, SD and quantiles over replications, "nothing" included, by measure and group."""
        from cohesion_sim.studies.effects import summary

        return summary(self.weekly)
