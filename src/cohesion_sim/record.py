"""What a run leaves behind: weekly totals by group as exact integers, and frames made of them when asked."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import measures
from cohesion_sim.kernels import disputes, tally
from cohesion_sim.municipality import DISPUTE_KINDS, Municipality
from cohesion_sim.state import State

if TYPE_CHECKING:
    import pandas as pd

_added_up = attrgetter(*tally.States._fields)

TOTALS = 17
MARRIAGES = 9  # column of the events after those of the disputes
EVENTS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """The numbers of one finished run. ``weekly`` has shape (weeks × groups, measures), week by week."""

    groups: tuple[tuple[str, str], ...]
    residents: NDArray[np.int64]  # (groups,)
    weekly: NDArray[np.float64]
    disputes: NDArray[np.int64]  # (9, kinds): see kernels.disputes
    open_by_kind: NDArray[np.int64]
    money: dict[tuple[str, str], tuple[float, float]]
    final: dict[str, NDArray[Any]]  # last state of residents, for the comparison of arms


class Record:
    """The weekly totals of one run, filled by `CohesionModel.step`."""

    def __init__(self, municipality: Municipality, weeks: int) -> None:
        self.municipality = municipality
        groups = len(municipality.groups.names)
        cells = len(municipality.groups.of_cell)
        communities = len(municipality.people.community_names)
        self.weeks = 0
        self.sums = np.zeros((weeks, groups, TOTALS + EVENTS), np.int64)
        self.histogram = np.zeros((weeks, communities, tally.CLASSES), np.int64)
        self.whole = np.zeros((weeks, 6))  # tie trust sum and number, open, approval, mediators, spending
        self.kinds = np.zeros((9, len(DISPUTE_KINDS)), np.int64)
        self._totals = np.zeros((cells, TOTALS), np.int64)
        self.events = np.zeros((cells, EVENTS), np.int64)
        m = municipality
        self._groups = tally.Groups(
            cell=m.groups.cell, of_cell=m.groups.of_cell, asked=m.asked, pupil=m.pupil, community=m.people.community,
            household=m.people.household, weights=m.out_weights, across=m.across, girls=m.girls,
            cut=np.float32(m.scenario.attitudes.acceptance_cut),
        )  # fmt: skip

    def week(self, state: State) -> None:
        """Add up one week."""
        w, states = self.weeks, tally.States._make(_added_up(state))
        trust, girls, approval, active = tally.week(
            self._groups, states, self._totals, self.events, self.histogram[w], self.sums[w]
        )
        approval = approval / tally.UNIT / max(1, girls)
        self.whole[w] = (trust, self.municipality.across.size, state.docket.size[0], approval, active, state.spent)
        self.weeks += 1

    def table(self) -> NDArray[np.float64]:
        """Return all measures of the weeks so far, shape (weeks, groups, measures), NaN where not defined."""
        sums = self.sums[: self.weeks].astype(np.float64)
        weeks, groups, _ = sums.shape
        names = list(measures.MEASURES)
        out = np.full((weeks, groups, len(names)), np.nan)

        def put(name: str, value: Any) -> None:
            out[:, :, names.index(name)] = value

        def whole(name: str, value: Any) -> None:
            out[:, 0, names.index(name)] = value

        def share(top: int, bottom: int, unit: float = 1.0) -> NDArray[np.float64]:
            below = sums[:, :, bottom]
            return np.divide(
                sums[:, :, top] / unit, below, out=np.full((weeks, groups), np.nan), where=below > 0
            )

        for name, column in EVENT_COLUMNS.items():
            put(name, sums[:, :, TOTALS + column])
        for name, column in _MEAN_COLUMNS.items():
            put(name, share(column, tally.ASKED, tally.UNIT))
        for name, column in _SHARE_COLUMNS.items():
            put(name, share(column, tally.ASKED))
        put("good", share(tally.WELL, tally.MET))
        put("witnessed", share(tally.WITNESSED, tally.PUPILS))
        put("attended", sums[:, :, tally.ATTENDED])
        put("reached", sums[:, :, tally.REACHED])
        record = self.whole[: self.weeks]
        whole("tie_trust", record[:, 0] / tally.UNIT / np.maximum(record[:, 1], 1))
        for column, name in enumerate(("open", "approval", "mediators", "spending"), start=2):
            whole(name, record[:, column])
        counts = self.histogram[: self.weeks].sum(axis=1)
        whole("polarisation", [measures.polarisation(row) for row in counts])
        first = [k for k, (by, _) in enumerate(self.municipality.groups.names) if by == "community"]
        means = out[:, first, names.index("attitude")]
        whole("spread", np.nanmax(means, axis=1) - np.nanmin(means, axis=1))
        parts = np.stack([out[:, :, names.index(part)] for part in measures.COHESION_PARTS], axis=-1)
        put("cohesion", measures.cohesion(parts))
        return out

    def outcome(self, state: State) -> Outcome:
        """Return the numbers of the finished run."""
        from cohesion_sim.kernels.trust import expected
        from cohesion_sim.population import attitude_to_others

        m = self.municipality
        table = self.table()
        docket = state.docket
        return Outcome(
            groups=m.groups.names,
            residents=self.sums[-1, :, tally.PEOPLE].copy(),
            weekly=table.reshape(-1, table.shape[-1]),
            disputes=self.kinds.copy(),
            open_by_kind=np.bincount(docket.kind[: docket.size[0]], minlength=len(DISPUTE_KINDS)),
            money=dict(state.money),
            final={
                "attitude": attitude_to_others(state.attitude, m.people.community, m.out_weights),
                "norm": state.norm.copy(),
                "trust": expected.py_func(state.good, state.bad),
                "security": state.security.copy(),
                "here": state.here.copy(),
                "attended": state.attended.copy(),
                "reached": state.reached.copy(),
                "people met": self._people_met(state),
            },
        )

    def _people_met(self, state: State) -> NDArray[np.float64]:
        """Return (1,): the mean change of trust between people of two communities who met in activities."""
        community, n = self.municipality.people.community, self.municipality.people.n
        across = community[state.acquaintances // n] != community[state.acquaintances % n]
        change = (state.acquaintance_trust - state.acquaintance_start)[across].astype(np.float64)
        return np.array([change.sum() / change.size if change.size else np.nan])

    def frame(self) -> pd.DataFrame:
        """Return the weeks so far as a frame: week, by, group, residents, and one column a measure."""
        return weekly_frame(self.municipality, self.table(), self.sums[: self.weeks, :, tally.PEOPLE])


EVENT_COLUMNS = {
    "disputes": int(disputes.ARISEN),
    "registered": int(disputes.REGISTERED),
    "settled": int(disputes.SETTLED),
    "violent": int(disputes.VIOLENT),
    "unresolved": int(disputes.UNRESOLVED),
    "blows": int(disputes.BLOWS),
    "group_fights": int(disputes.GROUP_FIGHT),
    "gatherings": int(disputes.GATHERING),
    "marriages": MARRIAGES,
}
_MEAN_COLUMNS = {
    "attitude": tally.ATTITUDE,
    "norm": tally.NORM,
    "trust": tally.TRUST,
    "security": tally.SECURITY,
    "participation": tally.PARTICIPATION,
    "grievance": tally.GRIEVANCE,
}
_SHARE_COLUMNS = {"acceptance": tally.ACCEPTS, "contact": tally.CONTACT, "language": tally.SPEAKS}


def weekly_frame(
    municipality: Municipality, table: NDArray[np.float64], residents: NDArray[np.int64]
) -> pd.DataFrame:
    """Return a frame of a table (weeks, groups, measures)."""
    import pandas as pd

    weeks, groups, columns = table.shape
    names = municipality.groups.names
    frame = pd.DataFrame(table.reshape(-1, columns), columns=list(measures.MEASURES))
    frame.insert(0, "week", np.repeat(np.arange(1, weeks + 1), groups))
    frame.insert(1, "by", [by for by, _ in names] * weeks)
    frame.insert(2, "group", [group for _, group in names] * weeks)
    frame.insert(3, "residents", residents.reshape(-1))
    return frame
