"""A bare place: people of one community among whom the weekly rules do only what a case asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import ties
from cohesion_sim.compiled import door
from cohesion_sim.kernels import encounters
from cohesion_sim.kernels.contact import ContactRules, spread_table
from cohesion_sim.kernels.encounters import ALIKE
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.kernels.norms import NormRules
from cohesion_sim.randomness import Luck, decision

f32, u32, u64 = np.float32, np.uint32, np.uint64
Floats = NDArray[np.float64]
Attitudes = NDArray[np.floating[Any]]
"""In single precision as in the model, or in double where a case is exact."""
NOBODY = np.empty(0, np.int32)
NO_CONTACT = ContactRules(*(f32(0) for _ in ContactRules._fields))
NO_NORMS = NormRules(*(f32(0) for _ in NormRules._fields))
STEEP = NormRules(learning=f32(1), act_base=f32(0), act_attitude=f32(2e7), act_norm=f32(1e7))
"""Acting in the steep limit: act when the norm exceeds 1/2 + 2 (1/2 - attitude), so an attitude is a threshold.
With learning 1 the norm is the share of this week's encounters who act."""


def luck(seed: int) -> Luck:
    """Return the random numbers of the cases under a seed."""
    return Luck(seed, "known answers")


def everyone_knows_everyone(n: int) -> ties.TieTable:
    """Return the tie table of a complete graph of n people."""
    first, second = np.triu_indices(n, 1)
    return ties.rows(n, first.astype(np.int32), second.astype(np.int32), np.zeros(first.size, np.uint8))


def attitude_of(threshold: Floats) -> Floats:
    """Return attitudes at which people act, under `STEEP`, once the share of others who act reaches ``threshold``."""
    return 0.5 + (0.5 - threshold) / 2


class Bare:
    """A place of n people of one community, in which only what a case asks for happens."""

    def __init__(self, n: int, dtype: type[np.floating[Any]] = np.float32, table: ties.TieTable | None = None) -> None:
        self.n, self.dtype = n, dtype
        self.attitude: Attitudes = np.zeros((n, LANES), dtype)
        self.now: Attitudes = np.zeros((n, LANES), dtype)
        self.anchor: Attitudes = np.zeros((n, LANES), dtype)
        self.norm, self.norm_now = np.zeros(n, f32), np.zeros(n, f32)
        self.acts, self.here = np.zeros(n, np.bool_), np.ones(n, np.bool_)
        self.community = np.zeros(n, np.int8)
        self.key = np.arange(n, dtype=np.uint32)
        self.stranger, self.how = np.zeros(n, np.int32), np.zeros(n, np.uint8)
        self.stranger_weight: Attitudes = np.zeros(4, dtype)
        self.return_rate, self.confidence = dtype(0), dtype(1.01)
        self.norm_rules = NO_NORMS
        self.words = np.zeros((4, n), np.uint32)
        self.met, self.well = np.zeros(n, np.int16), np.zeros(n, np.int16)
        self.tie(ties.rows(n, NOBODY, NOBODY, NOBODY.astype(np.uint8)) if table is None else table)

    def tie(self, table: ties.TieTable) -> None:
        """Let these ties meet every week from now on, without influence on attitudes."""
        self.table = table
        self.became = np.full(table.m, ALIKE, np.uint8)
        self.weight: Attitudes = np.zeros(2 * table.m, self.dtype)

    def pair(self, seed: int, week: int) -> None:
        """Let all who can be paired at one place come across each other."""
        turn = int(luck(seed).uniform("turn", week, np.array([0]))[0] * self.n)
        door(encounters.strangers)(
            u64(seed),
            u32(1),
            u32(week),
            self.key,
            self.words[0],
            f32(1),
            self.here,
            self.community,
            self.acts,
            self.attitude,
            np.zeros(self.n, np.uint8),
            NO_CONTACT,
            np.zeros(1, np.int32),
            np.array([self.n], np.int32),
            np.arange(self.n, dtype=np.int32),
            np.array([turn], np.int32),
            self.stranger,
            self.how,
        )

    def sweep(self) -> None:
        """Let one week of influence and norms pass."""
        door(encounters.sweep)(
            self.attitude,
            self.now,
            self.anchor,
            self.return_rate,
            self.norm,
            self.norm_now,
            self.acts,
            self.community,
            self.here,
            *ties.circles(self.table, self.community, self.weight),
            np.append(self.became, np.uint8(0)),
            self.stranger,
            self.how,
            self.stranger_weight,
            np.full(self.n, -1, np.int16),
            np.zeros((1, LANES), self.dtype),
            np.zeros(1, np.bool_),
            self.words[0],
            f32(0),
            self.dtype(0),
            encounters.nearness(self.confidence),
            encounters.contact_steps(NO_CONTACT, spread_table(1, f32(0)), self.dtype),
            self.norm_rules,
            self.met,
            self.well,
        )
        self.attitude, self.now = self.now, self.attitude
        self.norm, self.norm_now = self.norm_now, self.norm

    def act(self, rules: NormRules) -> None:
        """Let everybody act or not, each with the draw 1/2: who is exactly undecided does not act."""
        self.words[2] = u32(1 << 31)
        self._act(rules)

    def act_by_lot(self, rules: NormRules, seed: int, week: int) -> None:
        """Let everybody act or not, each with a draw of her own: who is exactly undecided tosses a coin."""
        door(encounters.words)(u64(seed), decision("known answers act"), u32(week), self.key, self.words)
        self._act(rules)

    def _act(self, rules: NormRules) -> None:
        out_weights = np.zeros((1, LANES), f32)
        out_weights[0, 0] = 1
        door(encounters.act)(
            self.attitude,
            self.community,
            out_weights,
            self.norm,
            rules,
            self.words[2],
            self.here,
            np.empty_like(self.norm),
            self.acts,
        )
