"""Villages in which nothing but family disputes happens, at a rate that a case sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from cohesion_sim import ties
from cohesion_sim.compiled import door
from cohesion_sim.kernels import disputes, encounters
from cohesion_sim.kernels.disputes import DisputeRules, Docket, Network, Residents
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.randomness import decision
from cohesion_sim.verification._place import NOBODY, f32, u32, u64


def quiet_disputes(**changes: float) -> DisputeRules:
    """Return dispute rules in which nothing happens but what is asked for."""
    values = {"grievance": 0.5, "trust": 0.5, "coldness": 1.0, "end_alone": 1.0, "end_handled": 1.0, "release": 1.0}
    numbers: dict[str, Any] = dict.fromkeys(DisputeRules._fields, f32(0))
    numbers |= {name: f32(value) for name, value in (values | changes).items()}
    numbers["capacity"] = np.int32(3)
    return DisputeRules(**numbers)


class Villages:
    """Many villages of adults, each with a tie to the next person, where family disputes arise."""

    def __init__(self, villages: int, people: int) -> None:
        n = villages * people
        village = np.repeat(np.arange(villages), people)
        self.residents = _adults(n, village)
        self.network = _neighbours(n, people)
        size = 1 << 14
        self.docket = Docket(
            size=np.zeros(1, np.int64),
            first=np.zeros(size, np.int32),
            second=np.zeros(size, np.int32),
            kind=np.zeros(size, np.int64),
            born=np.zeros(size, np.int64),
            route=np.zeros(size, np.int8),
            handler=np.zeros(size, np.int32),
            load=np.zeros(n, np.int32),
        )
        self.adults_in = np.full(villages, people, np.int32)
        self.excitation = np.zeros(villages, f32)
        self.cell = village.astype(np.int32)
        self.events = np.zeros((villages, 10), np.int64)
        self.tally = np.zeros((9, 6), np.int64)
        self.words = np.empty((4, n), np.uint32)

    def week(self, seed: int, week: int, rules: DisputeRules, rate: float, violent: float) -> None:
        """Let a week pass; ``rate`` is the weekly rate of family disputes of one person."""
        hazards = np.zeros(6)
        hazards[disputes.FAMILY] = rate
        chances = np.full(6, violent, f32)
        door(encounters.words)(u64(seed), decision("v5"), u32(week), self.residents.key, self.words)
        disputes.arise(
            u64(seed),
            decision("v5 arise"),
            u32(week),
            self.words[0],
            self.words[1],
            self.residents,
            self.network,
            self.docket,
            rules,
            hazards,
            f32(0),
            self.excitation,
            self.adults_in,
            chances,
            0.0,
            self.events,
            self.tally,
            self.cell,
        )
        disputes.end(
            u64(seed),
            decision("v5 end"),
            u32(week),
            self.residents,
            self.network,
            self.docket,
            rules,
            self.excitation,
            chances,
            0.0,
            0.0,
            self.events,
            self.tally,
            self.cell,
        )


def _adults(n: int, village: np.ndarray) -> Residents:
    """Return n people of 40, alike in everything, who know nothing of institutions yet."""
    half = np.full(n, 0.5, f32)
    return Residents(
        key=np.arange(n, dtype=np.uint32),
        age=np.full(n, 40, f32),
        here=np.ones(n, np.bool_),
        community=np.zeros(n, np.int8),
        confession=np.zeros(n, np.int8),
        village=village.astype(np.int16),
        attitude=np.full((n, LANES), 0.5, f32),
        good=np.zeros(n, f32),
        bad=np.zeros(n, f32),
        security=half.copy(),
        grievance=half.copy(),
        skill=np.zeros(n, f32),
        watched=np.zeros(n, f32),
        witnessed=np.zeros(n, np.bool_),
        duty=NOBODY,
    )


def _neighbours(n: int, people: int) -> Network:
    """Return ties of kin from each person to the next one of her village of ``people``."""
    first = np.arange(n)[np.arange(n) % people != people - 1]
    table = ties.rows(
        n, first.astype(np.int32), (first + 1).astype(np.int32), np.full(first.size, disputes.KIN_TIE, np.uint8)
    )
    return Network(
        start=table.start,
        partner=table.partner,
        tie=table.tie,
        kind=table.kind,
        trust=np.full(table.m, 0.5, f32),
        adults=np.arange(n, dtype=np.int32),
    )
