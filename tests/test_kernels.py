"""The weekly rules on hand-worked cases, and what must hold for any input: bounds, and names that do not matter."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohesion_sim import compiled, ties
from cohesion_sim.compiled import door
from cohesion_sim.kernels import acquaintances, disputes, encounters, influence, marriage, norms, trust
from cohesion_sim.kernels.arithmetic import exp, logistic
from cohesion_sim.kernels.contact import ContactRules, ambient_good, chance_good, spread_table
from cohesion_sim.kernels.disputes import DisputeRules, Docket, Network, Residents
from cohesion_sim.kernels.encounters import ALIKE, APART, WENT_BADLY, WENT_WELL
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.kernels.norms import NormRules
from cohesion_sim.municipality import weekly
from cohesion_sim.randomness import Luck, decision, philox, unit

f32, u32, u64 = np.float32, np.uint32, np.uint64

CONTACT = ContactRules(
    intercept=f32(1.0),
    trust_slope=f32(2.0),
    language_slope=f32(1.0),
    setting_slope=f32(1.5),
    gain=f32(0.1),
    loss=f32(0.24),
    generalisation=f32(0.2),
    third_groups=f32(0.1),
    allport=f32(1.0),
)
NORMS = NormRules(learning=f32(0.25), act_base=f32(0.2), act_attitude=f32(2.0), act_norm=f32(3.0))


def numbers(name: str, size: int) -> np.ndarray:
    return Luck(1, "test_kernels").uniform(name, 0, np.arange(size))


# ------------------------------------------------------------------------------- arithmetic
def test_exp_and_logistic_against_the_library() -> None:
    for x in np.linspace(-39.9, 39.9, 4001):
        assert exp(x) == pytest.approx(math.exp(x), rel=1e-13, abs=0)
        assert logistic(x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-13, abs=0)
    assert exp(0.0) == 1.0
    assert exp(1000.0) == exp(40.0)
    assert exp(-1000.0) == exp(-40.0)


@pytest.mark.parametrize("months", [0.5, 6.0, 24.0, 96.0])
def test_a_half_life_leaves_half(months: float) -> None:
    weeks = months * 52 / 12
    assert (1 - weekly(months)) ** weeks == pytest.approx(0.5, rel=1e-9)


# ------------------------------------------------------------------------------- contact
def test_the_chance_of_a_good_encounter_by_hand() -> None:
    # 1 + 2 (0.7 - 0.5) + 1 (1 - 0.5) + 0 = 1.9; without a shared language 0.9; co-operative setting 0.8: + 1.2.
    cases = {(0.7, 1.0, 0.0): 1.9, (0.7, 0.0, 0.0): 0.9, (0.7, 1.0, 0.8): 3.1, (0.2, 0.0, -1.0): -1.6}
    for (trusted, shared, setting), logit in cases.items():
        found = chance_good(CONTACT, f32(trusted), f32(shared), f32(setting))
        assert found == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-6)


def test_the_ambient_share_of_good_encounters_is_weighted_by_meeting() -> None:
    first, second = np.array([0, 0], np.int32), np.array([1, 2], np.int32)
    speaks = np.array([1, 1, 2], np.uint8)
    good = ambient_good(
        CONTACT,
        np.array([0.5, 0.25], f32),
        first,
        second,
        np.array([0.5, 0.5], f32),
        np.array([0, 1, 1], np.int8),
        speaks,
    )
    expected = (0.5 / (1 + math.exp(-1.5)) + 0.25 / (1 + math.exp(-0.5))) / 0.75
    assert good == pytest.approx(expected, rel=1e-6)


def test_how_a_contact_spreads_over_groups() -> None:
    table = spread_table(3, f32(0.1))
    assert table[0 * LANES + 1, :3].tolist() == pytest.approx([0, 1, 0.1])
    assert table[2 * LANES + 0, :3].tolist() == pytest.approx([1, 0.1, 0])
    assert not table[0].any()  # among one's own
    assert not table[:, 3:].any()


class Two:
    """Two residents of two communities with one tie that meets for sure."""

    def __init__(self, word: float) -> None:
        self.attitude = np.zeros((2, LANES), f32)
        self.attitude[:, :2] = [[0.8, 0.4], [0.6, 0.7]]
        self.trust = np.array([0.5], f32)
        self.became = np.zeros(1, np.uint8)
        self.word = np.array([int(word * 2**32)], np.uint32)
        self.table = ties.rows(2, np.array([0], np.int32), np.array([1], np.int32), np.zeros(1, np.uint8))

    def meet(self) -> None:
        zero = np.zeros((4, 1), np.uint32)
        door(encounters.meet)(
            zero,
            np.ones(1, f32),
            np.ones(1, np.bool_),
            np.array([0], np.int32),
            self.word,
            self.table.first,
            self.table.second,
            self.trust,
            np.array([1, 1], np.uint8),
            CONTACT,
            self.became,
        )


def sweep(
    attitude: np.ndarray,
    table: ties.TieTable,
    became: np.ndarray,
    community: np.ndarray,
    *,
    weight: np.ndarray | float = 0.0,
    confidence: float = 1.01,
    anchor: np.ndarray | None = None,
    back: float = 0.0,
    norm: np.ndarray | None = None,
    acts: np.ndarray | None = None,
    stranger: tuple[np.ndarray, np.ndarray] | None = None,
    stranger_weight: float = 0.0,
    house: np.ndarray | None = None,
    heard: np.ndarray | None = None,
    leader_weight: float = 0.0,
    here: np.ndarray | None = None,
    groups: int = 2,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return attitudes, norms, met and well after one sweep."""
    n = len(attitude)
    now, norm_now = np.zeros_like(attitude), np.zeros(n, f32)
    met, well = np.zeros(n, np.int16), np.zeros(n, np.int16)
    who, how = (np.zeros(n, np.int32), np.zeros(n, np.uint8)) if stranger is None else stranger
    heard = np.zeros((1, LANES), f32) if heard is None else heard
    door(encounters.sweep)(
        attitude,
        now,
        np.zeros_like(attitude) if anchor is None else anchor,
        f32(back),
        np.full(n, 0.5, f32) if norm is None else norm,
        norm_now,
        np.zeros(n, np.bool_) if acts is None else acts,
        community.astype(np.int8),
        np.ones(n, np.bool_) if here is None else here,
        *ties.circles(table, community, np.broadcast_to(np.asarray(weight, f32), (2 * table.m,))),
        np.append(became, np.uint8(APART)),
        who,
        how,
        np.array([0, *[stranger_weight] * 3], f32),
        np.full(n, -1, np.int16) if house is None else house,
        heard,
        np.ones(len(heard), np.bool_),
        np.zeros(n, np.uint32),
        f32(1 if house is not None else 0),
        f32(leader_weight),
        encounters.nearness(f32(confidence)),
        encounters.contact_steps(CONTACT, spread_table(groups, f32(0.1))),
        NORMS,
        met,
        well,
    )
    return now, norm_now, met, well


def test_a_good_encounter_by_hand() -> None:
    # Chance with trust 0.5 and a shared language: logistic(1.5) = 0.8176; a draw of 0.81 is below.
    two = Two(0.81)
    two.meet()
    assert two.became[0] == WENT_WELL
    assert two.trust[0] == pytest.approx(0.5 + 0.1 * 0.5)
    now, _, met, well = sweep(two.attitude, two.table, two.became, np.array([0, 1]))
    # The group moves by a fifth of the tie's step: 0.02 of the gap to 1; one's own community stays.
    assert now[0, :2].tolist() == pytest.approx([0.8, 0.4 + 0.02 * 0.6])
    assert now[1, :2].tolist() == pytest.approx([0.6 + 0.02 * 0.4, 0.7])
    assert met.tolist() == [1, 1]
    assert well.tolist() == [1, 1]


def test_a_bad_encounter_by_hand() -> None:
    two = Two(0.82)
    two.meet()
    assert two.became[0] == WENT_BADLY
    assert two.trust[0] == pytest.approx(0.5 - 0.24 * 0.5)
    now, _, met, well = sweep(two.attitude, two.table, two.became, np.array([0, 1]))
    assert now[0, :2].tolist() == pytest.approx([0.8, 0.4 - 0.048 * 0.4])
    assert now[1, :2].tolist() == pytest.approx([0.6 - 0.048 * 0.6, 0.7])
    assert met.tolist() == [1, 1]
    assert well.tolist() == [0, 0]


def test_a_third_group_takes_its_small_share() -> None:
    two = Two(0.0)
    two.meet()
    two.attitude[:, 2] = 0.3
    now, *_ = sweep(two.attitude, two.table, two.became, np.array([0, 1]), groups=3)
    assert now[0, :3].tolist() == pytest.approx([0.8, 0.412, 0.3 + 0.002 * 0.7])


def test_ties_meet_with_their_chance_and_only_when_both_are_here() -> None:
    m = 4000
    first, second = np.arange(m, dtype=np.int32), np.arange(m, 2 * m, dtype=np.int32)
    words = (numbers("tie", m).astype(np.float64) * 2**32).astype(np.uint32).reshape(4, m // 4)
    chance, present = np.full(m, 0.3, f32), np.arange(m) % 2 == 0
    became, trusted = np.zeros(m, np.uint8), np.full(m, 0.5, f32)
    door(encounters.meet)(
        words,
        chance,
        present,
        np.empty(0, np.int32),
        np.empty(0, np.uint32),
        first,
        second,
        trusted,
        np.zeros(2 * m, np.uint8),
        CONTACT,
        became,
    )
    assert np.array_equal(became == ALIKE, (words.reshape(-1) >> 8) * 2.0**-24 < f32(0.3) * present)
    assert not became[~present].any()
    assert became[present].mean() == pytest.approx(0.3, abs=0.05)
    assert (trusted == 0.5).all()


def test_words_and_turns_are_those_of_everybody_elses_luck() -> None:
    n, luck = 50, Luck(7, "places")
    key, out, first = np.arange(n, dtype=np.uint32), np.empty((4, n), np.uint32), np.empty(n, np.uint32)
    what = decision("places/turn")
    door(encounters.words)(u64(7), what, u32(3), key, out)
    door(encounters.first_words)(u64(7), what, u32(3), key, first)
    assert np.array_equal(first, out[0])
    assert len(np.unique(out)) == 4 * n
    size, turn = np.arange(1, n + 1, dtype=np.int32), np.empty(n, np.int32)
    door(encounters.turns)(u64(7), what, u32(3), size, turn)
    assert np.array_equal(turn, (luck.uniform("turn", 3, np.arange(n)).astype(np.float64) * size).astype(np.int32))
    assert (turn < size).all()


def test_what_religious_leaders_voice() -> None:
    """The second speaks for others than his own; the third acts across the line without saying so."""
    attitude = np.full((5, LANES), 0.3, f32)
    attitude[1, 2] = 0.9
    voice, acts = np.array([0, 0.6, 0, 0, 0], f32), np.array([True, False, False, True, False])
    strange = np.zeros((3, LANES), np.bool_)
    strange[:, :3] = [[False, True, True], [True, False, True], [True, True, False]]
    heard, calls = np.zeros((3, LANES), f32), np.zeros(3, np.bool_)
    door(encounters.sermons)(attitude, np.array([4, 1, 3], np.int32), voice, acts, strange, heard, calls)
    assert calls.tolist() == [False, True, True]
    assert heard[0].tolist() == heard[2].tolist() == [f32(0.3)] * LANES
    assert heard[1].tolist() == [f32(0.6), f32(0.3), f32(0.9), *[f32(0.3)] * 5]


def test_a_place_pairs_everyone_with_everyone_over_the_turns() -> None:
    n = 7
    seen = set()
    for turn in range(n):
        who, how = np.zeros(n, np.int32), np.zeros(n, np.uint8)
        door(encounters.strangers)(
            u64(1),
            u32(1),
            u32(0),
            np.arange(n, dtype=np.uint32),
            np.zeros(n, np.uint32),
            f32(1),
            np.ones(n, np.bool_),
            np.zeros(n, np.int8),
            np.zeros(n, np.bool_),
            np.zeros((n, LANES), f32),
            np.zeros(n, np.uint8),
            CONTACT,
            np.zeros(1, np.int32),
            np.array([n], np.int32),
            np.arange(n, dtype=np.int32),
            np.array([turn], np.int32),
            who,
            how,
        )
        paired = np.flatnonzero(how)
        assert (who[who[paired]] == paired).all()
        seen |= {(min(i, who[i]), max(i, who[i])) for i in paired.tolist()}
    assert len(seen) == n * (n - 1) // 2


def test_strangers_of_two_communities_talk_only_if_one_makes_the_step() -> None:
    for acting, expected in (([False, False], APART), ([True, False], WENT_WELL), ([False, True], WENT_WELL)):
        who, how = np.zeros(2, np.int32), np.zeros(2, np.uint8)
        sure = CONTACT._replace(intercept=f32(30))
        door(encounters.strangers)(
            u64(1),
            u32(1),
            u32(0),
            np.arange(2, dtype=np.uint32),
            np.zeros(2, np.uint32),
            f32(1),
            np.ones(2, np.bool_),
            np.array([0, 1], np.int8),
            np.array(acting),
            np.zeros((2, LANES), f32),
            np.zeros(2, np.uint8),
            sure,
            np.zeros(1, np.int32),
            np.array([2], np.int32),
            np.arange(2, dtype=np.int32),
            np.array([1], np.int32),
            who,
            how,
        )
        assert how.tolist() == [expected, expected]


def test_a_facilitated_meeting_by_hand() -> None:
    """Two of two communities talk in an activity: trust between them, their attitudes and influence move."""
    for word_good, aim in ((True, 1.0), (False, 0.0)):
        attitude = np.zeros((2, LANES), f32)
        attitude[:, :2] = [[0.8, 0.4], [0.6, 0.7]]
        now, norm, trusted = attitude.copy(), np.array([0.5, 0.5], f32), np.array([0.5], f32)
        met, well = np.zeros(2, np.int16), np.zeros(2, np.int16)
        rules = CONTACT._replace(intercept=f32(30 if word_good else -30), allport=f32(1.5))
        door(encounters.pairs)(
            u64(1),
            u32(1),
            u32(0),
            np.arange(2, dtype=np.uint32),
            np.array([0], np.int32),
            np.array([1], np.int32),
            np.array([0.5], f32),
            np.ones(1, f32),
            np.zeros(1, np.uint32),
            np.zeros(1, np.int64),
            trusted,
            f32(0.5),
            f32(0.4),
            attitude,
            now,
            norm,
            np.zeros(2, np.bool_),
            np.array([0, 1], np.int8),
            np.ones(2, np.uint8),
            np.ones(2, np.bool_),
            f32(0.1),
            f32(0.5),
            rules,
            spread_table(2, f32(0.1)),
            NORMS,
            met,
            well,
        )
        step = (0.1 if word_good else 0.24) * 0.2 * 1.5
        pull = 0.1 * 0.5 * 0.4
        theirs = 0.4 + step * (aim - 0.4)
        assert now[0, 1] == pytest.approx(theirs + pull * (0.7 - theirs))
        assert now[0, 0] == pytest.approx(0.8 + pull * (0.6 - 0.8))
        assert trusted[0] == pytest.approx(0.55 if word_good else 0.38)
        assert norm.tolist() == [0.5, 0.5]  # seen only among people like oneself
        assert met.tolist() == [1, 1]
        assert well.tolist() == [word_good, word_good]


# ------------------------------------------------------------------------------- influence
def three() -> tuple[np.ndarray, ties.TieTable]:
    """Return attitudes 0.2, 0.5, 0.9 of three alike, and ties 0-1 and 0-2."""
    attitude = np.zeros((3, LANES), f32)
    attitude[:, 0] = [0.2, 0.5, 0.9]
    return attitude, ties.rows(3, np.array([0, 0], np.int32), np.array([1, 2], np.int32), np.zeros(2, np.uint8))


def test_influence_one_encounter_after_another_by_hand() -> None:
    attitude, table = three()
    now, *_ = sweep(attitude, table, np.full(2, ALIKE, np.uint8), np.zeros(3), weight=0.1)
    after_first = 0.2 + 0.1 * 0.3
    assert now[:, 0].tolist() == pytest.approx(
        [after_first + 0.1 * (0.9 - after_first), 0.5 + 0.1 * (0.2 - 0.5), 0.9 + 0.1 * (0.2 - 0.9)]
    )


def test_nobody_listens_beyond_her_confidence() -> None:
    attitude, table = three()
    now, *_ = sweep(attitude, table, np.full(2, ALIKE, np.uint8), np.zeros(3), weight=0.1, confidence=0.5)
    assert now[:, 0].tolist() == pytest.approx([0.23, 0.47, 0.9])


def test_a_tie_that_does_not_meet_leaves_nothing() -> None:
    attitude, table = three()
    now, *_ = sweep(attitude, table, np.array([ALIKE, APART], np.uint8), np.zeros(3), weight=0.1)
    assert now[:, 0].tolist() == pytest.approx([0.23, 0.47, 0.9])


def test_the_anchor_pulls_back_after_the_encounters() -> None:
    attitude, table = three()
    anchor = np.full_like(attitude, 0.6)
    now, *_ = sweep(
        attitude, table, np.array([ALIKE, APART], np.uint8), np.zeros(3), weight=0.1, anchor=anchor, back=0.25
    )
    assert now[0, 0] == pytest.approx(0.23 + 0.25 * (0.6 - 0.23))
    assert now[2, 0] == pytest.approx(0.9 + 0.25 * (0.6 - 0.9))


def test_a_religious_leader_is_heard_by_her_congregation_alone() -> None:
    attitude, table = three()
    heard = np.full((1, LANES), 0.6, f32)
    now, norm, _, _ = sweep(
        attitude,
        table,
        np.zeros(2, np.uint8),
        np.zeros(3),
        house=np.array([0, -1, 0], np.int16),
        heard=heard,
        leader_weight=0.5,
        here=np.array([True, True, False]),
    )
    assert now[:, 0].tolist() == pytest.approx([0.4, 0.5, 0.9])
    assert norm.tolist() == pytest.approx([0.5 + 0.25 * 0.5, 0.5, 0.5])  # calls: seen to act across the line


def test_a_stranger_counts_like_anyone_met() -> None:
    attitude, table = three()
    stranger = (np.array([0, 2, 1], np.int32), np.array([APART, ALIKE, ALIKE], np.uint8))
    now, *_ = sweep(attitude, table, np.zeros(2, np.uint8), np.zeros(3), stranger=stranger, stranger_weight=0.2)
    assert now[:, 0].tolist() == pytest.approx([0.2, 0.58, 0.82])


def test_under_its_anchor_an_expected_week_leaves_everyone_where_she_is() -> None:
    """Average the week over how ties meet: influence and contact are then balanced by the anchor."""
    attitude = np.zeros((2, LANES), f32)
    attitude[:, :2] = [[0.8, 0.4], [0.6, 0.7]]
    table = Two(0.0).table
    rate, meets, weight, good = f32(0.02), f32(0.5), f32(0.03), 0.75
    anchor = np.zeros_like(attitude)
    influence.anchors(
        attitude,
        rate,
        np.array([meets]),
        table.start,
        table.partner,
        table.tie,
        np.full(2, weight),
        f32(1.01),
        f32(good),
        CONTACT,
        np.array([0.1, 0.2], f32),
        np.array([0, 1], np.int8),
        2,
        np.array([1, -1]),
        f32(0.03),
        anchor,
    )
    step = {WENT_WELL: CONTACT.gain * 0.2, WENT_BADLY: CONTACT.loss * 0.2}
    # Contact: half a meeting a week with the other, and 0.2 with strangers of her community.
    drift = (meets * weight + 0.03) * (0.7 - 0.4) + (meets + 0.2) * (
        good * step[WENT_WELL] * (1 - 0.4) - (1 - good) * step[WENT_BADLY] * 0.4
    )
    assert drift + rate * (anchor[0, 1] - 0.4) == pytest.approx(0, abs=1e-7)


# ------------------------------------------------------------------------------- norms
def test_the_perceived_norm_is_learned_from_what_is_seen() -> None:
    assert norms.learn(f32(0.4), 3, 4, f32(0.25)) == pytest.approx(0.4 + 0.25 * (0.75 - 0.4))
    assert norms.learn(f32(0.4), 0, 0, f32(0.25)) == f32(0.4)


def test_only_people_like_me_show_the_norm() -> None:
    attitude, table = three()
    attitude[:, :2] = 0.5
    acts = np.array([False, True, True])
    now = sweep(attitude, table, np.array([ALIKE, WENT_WELL], np.uint8), np.array([0, 0, 1]), acts=acts)
    assert now[1].tolist() == pytest.approx([0.5 + 0.25 * 0.5, 0.5 - 0.25 * 0.5, 0.5])


def test_the_chance_to_act_by_hand() -> None:
    chance = 1 / (1 + math.exp(-(0.2 + 2 * 0.1 + 3 * -0.2)))
    assert norms.acts(NORMS, f32(0.6), f32(0.3), f32(chance - 1e-4))
    assert not norms.acts(NORMS, f32(0.6), f32(0.3), f32(chance + 1e-4))


# ------------------------------------------------------------------------------- trust
def test_trust_is_a_count_of_experiences() -> None:
    assert trust.expected(f32(0), f32(0)) == 0.5
    assert trust.expected(f32(3), f32(1)) == pytest.approx(4 / 6)


def test_a_quiet_week_brings_the_slow_states_back() -> None:
    one = np.ones(1, f32)
    good, bad, security, grievance = one * 8, one * 2, one * f32(0.4), one * f32(0.6)
    skill, participation = np.array([0.6], f32), np.array([0.5], f32)
    for busy, acts, expected in ((True, False, 0.55), (False, True, 0.55 - 0.1 * 0.05), (False, False, 0.545 * 0.9)):
        trust.week(
            good,
            bad,
            one * 4,
            one * 4,
            f32(0.5),
            security,
            one * f32(0.8),
            grievance,
            one * f32(0.2),
            f32(0.25),
            skill,
            f32(0.1),
            participation,
            np.array([busy]),
            np.array([acts]),
        )
        assert participation[0] == pytest.approx(expected)
    assert good[0] == pytest.approx(4 + 4 / 8)
    assert bad[0] == pytest.approx(4 - 2 / 8)
    assert security[0] == pytest.approx(0.8 - 0.4 * 0.75**3)
    assert grievance[0] == pytest.approx(0.2 + 0.4 * 0.75**3)
    assert skill[0] == pytest.approx(0.6 * 0.9**3)


# ------------------------------------------------------------------------------- disputes
def rules(**changes: float) -> DisputeRules:
    """Return dispute rules in which nothing happens but what is asked for."""
    blank = DisputeRules(*(np.int32(3) if name == "capacity" else f32(0) for name in DisputeRules._fields))
    values = {"grievance": 0.3, "trust": 0.5, "coldness": 1.0, "end_alone": 1.0, "end_handled": 1.0, "release": 1.0}
    return blank._replace(**{name: f32(value) for name, value in (values | changes).items()})


class Hamlet:
    """Four adults of two communities (0, 1 | 2, 3) in one village; ties 0-1 kin, 1-2 friends, 2-3 kin."""

    def __init__(self, age: float = 40, on_duty: list[int] | None = None, n: int = 4) -> None:
        first, second = np.arange(n - 1, dtype=np.int32), np.arange(1, n, dtype=np.int32)
        kind = np.full(n - 1, disputes.KIN_TIE, np.uint8)
        kind[1::2] = disputes.FRIEND_TIE
        table = ties.rows(n, first, second, kind)
        self.community = (np.arange(n) % 4 >= 2).astype(np.int8)
        self.people = Residents(
            key=np.arange(n, dtype=np.uint32),
            age=np.full(n, age, f32),
            here=np.ones(n, np.bool_),
            community=self.community,
            confession=self.community.copy(),
            village=np.zeros(n, np.int16),
            attitude=np.full((n, LANES), 0.5, f32),
            good=np.ones(n, f32),
            bad=np.ones(n, f32),
            security=np.full(n, 0.8, f32),
            grievance=np.full(n, 0.2, f32),
            skill=np.zeros(n, f32),
            watched=np.zeros(n, f32),
            witnessed=np.zeros(n, np.bool_),
            duty=np.array(on_duty or [], np.int32),
        )
        self.network = Network(
            start=table.start,
            partner=table.partner,
            tie=table.tie,
            kind=table.kind,
            trust=np.full(n - 1, 0.6, f32),
            adults=np.arange(n, dtype=np.int32),
        )
        size = 2 * n
        self.docket = Docket(
            size=np.zeros(1, np.int64),
            first=np.zeros(size, np.int32),
            second=np.zeros(size, np.int32),
            kind=np.zeros(size, np.int64),
            born=np.zeros(size, np.int64),
            route=np.zeros(size, np.int8),
            handler=np.full(size, -1, np.int32),
            load=np.zeros(n, np.int32),
        )
        self.excitation = np.zeros(1, f32)
        self.events, self.tally = np.zeros((n, 10), np.int64), np.zeros((9, 6), np.int64)
        self.cell = np.arange(n, dtype=np.int32)

    def open(self, first: int, second: int, kind: int, route: int = disputes.NOBODY) -> None:
        at = self.docket.size[0]
        self.docket.first[at], self.docket.second[at], self.docket.kind[at] = first, second, kind
        self.docket.route[at] = route
        self.docket.size[0] += 1

    def end(
        self, facts: DisputeRules, violent: float = 0.0, centre: float = 0.0, week: int = 1, channel: float = 0.0
    ) -> None:
        disputes.end(
            u64(1),
            u32(7),
            u32(week),
            self.people,
            self.network,
            self.docket,
            facts,
            self.excitation,
            np.full(6, violent, f32),
            centre,
            channel,
            self.events,
            self.tally,
            self.cell,
        )

    def arise(
        self,
        facts: DisputeRules,
        hazards: list[float],
        word: float,
        quarrel: float = 0.0,
        violent: float = 0.0,
        week: int = 1,
    ) -> None:
        n = self.cell.size
        disputes.arise(
            u64(1),
            u32(6),
            u32(week),
            np.full(n, int(word * 2**32), np.uint32),
            np.full(n, int(word * 2**32), np.uint32),
            self.people,
            self.network,
            self.docket,
            facts,
            np.array(hazards),
            f32(quarrel),
            self.excitation,
            np.array([n], np.int32),
            np.full(6, violent, f32),
            0.0,
            self.events,
            self.tally,
            self.cell,
        )


def test_the_chance_of_violence_by_hand() -> None:
    facts = rules(skill_effect=1.2, trust_effect=0.3)
    found = disputes.violence_chance(f32(0.5), facts, 0.6, 0.53)
    assert found == pytest.approx(0.5 * math.exp(-0.72) * (1 - 0.3 * 0.53), rel=1e-6)


def test_a_dispute_that_ends_in_violence() -> None:
    place = Hamlet()
    place.open(1, 2, disputes.NEIGHBOUR)
    place.end(
        rules(attitude_loss=0.1, security_loss=0.25, grievance_gain=0.5, tie_loss=0.5, seen_by=1.0, excitation=0.2),
        violent=1.0,
    )
    people = place.people
    assert place.docket.size[0] == 0
    assert place.events[1, disputes.VIOLENT] == 1
    assert place.tally[disputes.VIOLENT, disputes.NEIGHBOUR] == 1
    assert place.tally.sum() == 1
    assert place.network.trust.tolist() == pytest.approx([0.6, 0.15, 0.6])  # each of the two halves it
    assert place.excitation[0] == pytest.approx(0.2)
    assert people.witnessed.all()
    # 1 hits community 1, and 0 sees it through 1; 1 himself sees it once as a party and once as a friend of 2.
    assert people.attitude[0, :2].tolist() == pytest.approx([0.5, 0.45])
    assert people.attitude[3, :2].tolist() == pytest.approx([0.45, 0.5])
    assert people.attitude[1, 0] == 0.5
    assert people.security[0] == pytest.approx(0.6)
    assert people.grievance[0] == pytest.approx(0.2 + 0.5 * 0.8)
    assert people.good.tolist() == [1, 1, 1, 1]  # no institution had it


def test_a_dispute_that_is_settled_by_an_institution() -> None:
    place = Hamlet()
    place.open(0, 1, disputes.FAMILY, disputes.INSTITUTION)
    place.end(rules(settled_dormant=0.0, settled_working=1.0, witness=0.2, seen_by=0.5), centre=1.0)
    assert place.events[0, disputes.SETTLED] == 1
    assert place.tally[disputes.SETTLED, disputes.FAMILY] == 1
    # Parties count it once; each hears of it again as a tie of the other (0.2 × 0.5), and so does 2 through 1.
    assert place.people.good.tolist() == pytest.approx([2.1, 2.1, 1.1, 1.0])
    assert place.people.bad.tolist() == [1, 1, 1, 1]
    assert not place.people.witnessed.any()


def test_a_dispute_that_an_institution_drops() -> None:
    place = Hamlet()
    place.open(0, 1, disputes.FAMILY, disputes.INSTITUTION)
    place.end(rules(settled_dormant=0.0, settled_working=1.0, witness=0.2, seen_by=0.5), centre=0.0)
    assert place.events[0, disputes.UNRESOLVED] == 1
    assert place.people.bad.tolist() == pytest.approx([2.1, 2.1, 1.1, 1.0])


def test_a_dispute_without_anybody_is_settled_or_dropped_alone() -> None:
    for alone, ending in ((1.0, disputes.SETTLED), (0.0, disputes.UNRESOLVED)):
        place = Hamlet()
        place.open(0, 1, disputes.FAMILY)
        place.end(rules(settled_alone=alone, settled_working=1 - alone))
        assert place.tally[ending, disputes.FAMILY] == 1
        assert place.people.good.tolist() == [1, 1, 1, 1]


def test_a_dispute_stays_open_until_its_time() -> None:
    place = Hamlet()
    place.open(0, 1, disputes.FAMILY)
    place.open(2, 3, disputes.FAMILY, disputes.INSTITUTION)
    place.end(rules(end_alone=0.0, end_handled=1.0, settled_dormant=1.0))
    assert place.docket.size[0] == 1
    assert (place.docket.first[0], place.docket.second[0]) == (0, 1)


def test_a_trained_friend_takes_the_case_up_and_holds_it() -> None:
    place = Hamlet()
    place.people.skill[2] = 0.6
    place.open(0, 1, disputes.FAMILY)  # 1 knows 2
    facts = rules(take_up=1.0, end_handled=0.0, settled_working=1.0)
    place.end(facts)
    assert place.docket.route[0] == disputes.MEDIATOR
    assert place.docket.handler[0] == 2
    assert place.docket.load.tolist() == [0, 0, 1, 0]
    assert place.tally[disputes.MEDIATED, disputes.FAMILY] == 1
    place.end(facts._replace(end_handled=f32(1)), week=2)
    assert place.tally[disputes.SETTLED, disputes.FAMILY] == 1  # full skill settles like a working centre
    assert place.docket.load.tolist() == [0, 0, 0, 0]


def test_a_mediator_has_only_so_many_hands_and_never_judges_himself() -> None:
    place = Hamlet()
    place.people.skill[2] = 0.6
    place.docket.load[2] = 3  # capacity
    place.open(0, 1, disputes.FAMILY)
    place.open(1, 2, disputes.FAMILY)
    place.end(rules(take_up=1.0, end_handled=0.0, end_alone=0.0))
    assert place.docket.route[:2].tolist() == [disputes.NOBODY, disputes.NOBODY]


def test_hazards_by_kind_and_grievance() -> None:
    """With rates 0.01 and 0.03, elasticity 1 and everyone 0.1 less aggrieved than usual, rates fall by e^-0.1."""
    facts = rules(elasticity=1.0)
    rate = 0.04 * math.exp(-0.1)
    hazards = [0.01, 0, 0.03, 0, 0, 0]
    for word, arisen in ((rate + 1e-5, 0), (rate - 1e-5, 1), (rate * 0.26, 1), (rate * 0.24, 1)):
        place = Hamlet()
        place.arise(facts, hazards, word)
        assert place.tally[disputes.ARISEN].sum() == 4 * arisen
        if arisen:
            kind = disputes.FAMILY if word < rate * 0.25 else disputes.NEIGHBOUR
            assert place.tally[disputes.ARISEN, kind] == 4


def test_past_violence_brings_more_disputes_and_is_used_up() -> None:
    place = Hamlet()
    place.excitation[0] = 0.8
    place.arise(rules(release=0.25), [0.0001, 0, 0, 0, 0, 0], 0.05)  # owed: 0.8 × 0.25 / 4 a person = 0.05 + 0.0001
    assert place.tally[disputes.ARISEN].sum() == 4
    assert place.excitation[0] == pytest.approx(0.6)
    place.arise(rules(release=0.25), [0.0001, 0, 0, 0, 0, 0], 0.05)  # owed 0.0375
    assert place.tally[disputes.ARISEN].sum() == 4


def test_who_trusts_institutions_brings_them_more_disputes() -> None:
    for good, bad, share in ((98.0, 0.0, 0.99), (0.0, 98.0, 0.01)):
        place = Hamlet(n=400)
        place.people.good[:], place.people.bad[:] = good, bad
        place.arise(rules(registered=0.5), [1.0, 0, 0, 0, 0, 0], 0.0)
        arisen = place.tally[disputes.ARISEN].sum()
        assert arisen == 400
        assert place.tally[disputes.REGISTERED].sum() / arisen == pytest.approx(share, abs=0.05)


def test_children_and_the_absent_start_no_disputes() -> None:
    place = Hamlet(age=13.9)
    place.arise(rules(), [1.0, 0, 0, 0, 0, 0], 0.0)
    assert place.tally.sum() == 0
    place = Hamlet()
    place.people.here[:] = False
    place.arise(rules(), [1.0, 0, 0, 0, 0, 0], 0.0)
    assert place.tally.sum() == 0


def test_quarrels_of_the_young_climb_the_ladder() -> None:
    place = Hamlet(age=15, n=400)
    facts = rules(group_fight=1.0, gathering=1.0, attitude_loss=0.1)
    place.arise(facts, [0.0] * 6, 0.0, quarrel=1.0, violent=1.0)
    assert place.tally[:, disputes.YOUTH].tolist() == [0, 0, 0, 0, 0, 0, 400, 400, 400]
    assert place.people.witnessed.all()


def test_each_step_of_the_ladder_can_be_stopped() -> None:
    n = 4000
    calm = {"group_fight": 0.5, "gathering": 0.5, "adult_stops": 0.8}
    for watched, blows, fights in ((0.0, 0.5, 0.25), (1.0, 0.5 * 0.2, 0.5 * 0.2 * 0.5 * 0.2)):
        place = Hamlet(age=15, n=n)
        place.people.watched[:] = watched
        place.arise(rules(**calm), [0.0] * 6, 0.0, quarrel=1.0, violent=0.5)
        found = place.tally[disputes.BLOWS : disputes.GATHERING + 1, disputes.YOUTH] / n
        assert found == pytest.approx([blows, fights, fights * 0.5], abs=4 * 0.5 / n**0.5)


def test_an_open_channel_between_leaders_stops_gatherings() -> None:
    for channel, gatherings in ((0.0, 1), (1.0, 0)):
        place = Hamlet(age=15)
        place.open(1, 2, disputes.YOUTH)
        place.end(rules(group_fight=1.0, gathering=1.0), violent=1.0, channel=channel)
        assert place.tally[disputes.GROUP_FIGHT, disputes.YOUTH] == 1
        assert place.tally[disputes.GATHERING, disputes.YOUTH] == gatherings


def let_happen(place: Hamlet, kind: int, level: int) -> None:
    disputes.incident(
        1, 2, kind, level, u64(1), u32(9), u32(1), place.people, place.network, place.docket, rules(), place.excitation,
        0.0, place.events, place.tally, place.cell,
    )  # fmt: skip


@pytest.mark.parametrize("level", [0, 1, 2])
def test_an_incident_among_the_young_starts_at_its_level(level: int) -> None:
    place = Hamlet()
    let_happen(place, disputes.YOUTH, level)
    assert place.tally[disputes.BLOWS :, disputes.YOUTH].tolist() == [1, level >= 1, level >= 2]
    assert place.tally[:, : disputes.YOUTH].sum() == 0


@pytest.mark.parametrize("level", [0, 1, 2])
def test_an_incident_of_another_kind_is_a_dispute_of_that_kind(level: int) -> None:
    place = Hamlet()
    let_happen(place, disputes.RELIGIOUS, level)
    booked = place.tally[:, disputes.RELIGIOUS]
    assert booked[disputes.ARISEN] == 1
    assert booked[disputes.VIOLENT] == (level >= 1)
    assert booked[disputes.GATHERING] == (level >= 2)
    assert place.docket.size[0] == (level == 0)
    assert place.tally[:, disputes.YOUTH].sum() == 0


# ------------------------------------------------------------------------------- marriage
def wed_facts(n: int = 20_000, **changes: object) -> dict[str, object]:
    """Return what the marriage rule reads, for n girls of 17 in a week in which the hazard is 0.2."""
    zero = np.zeros(n, f32)
    return {
        "seed": u64(1),
        "what": u32(1),
        "week_number": u32(1),
        "key": np.arange(n, dtype=np.uint32),
        "girls": np.arange(n, dtype=np.int32),
        "age": np.full(n, 17, f32),
        "married": np.zeros(n, np.bool_),
        "household": np.arange(n, dtype=np.int32),
        "congregation": np.full(n, -1, np.int16),
        "leaders": np.zeros(1, np.int32),
        "belief": zero + f32(0.4),
        "approval": zero + f32(0.4),
        "approval_mean": 0.4,
        "belief_weight": 0.5,
        "norm_weight": 0.3,
        "early": 0.05,
        "late": 0.2,
        "incentive": 0.19,
        "paid": np.zeros(n, np.bool_),
        "rite": 0.85,
        "evasion": 0.8,
        "refusal": zero + f32(0.5),
        "refusal_start": 0.5,
        "wedded": np.zeros(n, np.int32),
    } | changes


def wed(n: int = 20_000, **changes: object) -> float:
    """Return the share of n girls who marry in the week of `wed_facts`."""
    facts = wed_facts(n, **changes)
    count = marriage.week(*facts.values())
    married = facts["married"]
    assert isinstance(married, np.ndarray)
    assert married.sum() == count
    return float(count / n)


@pytest.mark.parametrize(
    ("changes", "hazard"),
    [
        ({}, 0.2),
        ({"age": np.full(20_000, 15, f32)}, 0.05),
        ({"age": np.full(20_000, 13.9, f32)}, 0.0),
        ({"age": np.full(20_000, 18, f32)}, 0.0),
        ({"belief": np.full(20_000, 0.8, f32)}, 0.2 * math.exp(0.5 * 0.4)),
        ({"approval": np.full(20_000, 0.0, f32)}, 0.2 * math.exp(0.3 * -0.4)),
        ({"paid": np.ones(20_000, np.bool_)}, 0.2 * 0.81),
        # Refusal from 0.5 to 1 closes the whole gap: 85 % of rites, of which one in five finds nobody else.
        ({"congregation": np.zeros(20_000, np.int16), "refusal": np.ones(20_000, f32)}, 0.2 * (1 - 0.85 * 0.2)),
        ({"congregation": np.zeros(20_000, np.int16)}, 0.2),
    ],
)
def test_the_weekly_hazard_of_marriage(changes: dict[str, object], hazard: float) -> None:
    assert wed(**changes) == pytest.approx(hazard, abs=4 * (hazard * (1 - hazard) / 20_000) ** 0.5)


def test_nobody_marries_twice() -> None:
    married = np.arange(20_000) % 2 == 0
    before = married.copy()
    wedded = np.zeros(20_000, np.int32)
    facts = wed_facts(married=married, wedded=wedded)
    count = marriage.week(*facts.values())
    assert 0 < count < 10_000 * 0.25
    assert not before[wedded[:count]].any()


# ------------------------------------------------------------------------------- for any input
def random_week(n: int, seed: int) -> dict[str, np.ndarray]:
    """Return residents, ties and what became of them, from a seed."""
    luck = Luck(seed, "any week")
    pairs = (luck.uniform("pairs", 0, np.arange(4 * n)) * n).astype(np.int64).reshape(-1, 2)
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    one = np.unique(low[low != high] * n + high[low != high])
    first, second = (one // n).astype(np.int32), (one % n).astype(np.int32)
    community = (luck.uniform("community", 0, np.arange(n)) * 3).astype(np.int8)
    draw = luck.uniform("became", 0, np.arange(one.size))
    alike = community[first] == community[second]
    became = np.where(draw < 0.3, APART, np.where(alike, ALIKE, np.where(draw < 0.5, WENT_BADLY, WENT_WELL)))
    attitude = np.zeros((n, LANES), f32)
    attitude[:, :3] = luck.uniform("attitude", 0, np.arange(3 * n)).reshape(n, 3)
    return {
        "first": first,
        "second": second,
        "community": community,
        "became": became.astype(np.uint8),
        "attitude": attitude,
        "norm": luck.uniform("norm", 0, np.arange(n)),
        "acts": luck.uniform("acts", 0, np.arange(n)) < 0.5,
        "weight": luck.uniform("weight", 0, np.arange(2 * one.size)),
        "anchor": np.ascontiguousarray(luck.uniform("anchor", 0, np.arange(LANES * n)).reshape(n, LANES) * 3 - 1),
    }


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 60), confidence=st.floats(0, 1.01), back=st.floats(0, 1))
def test_attitudes_and_norms_keep_their_bounds(seed: int, n: int, confidence: float, back: float) -> None:
    w = random_week(n, seed)
    table = ties.rows(n, w["first"], w["second"], np.zeros(w["first"].size, np.uint8))
    now, norm, met, well = sweep(
        w["attitude"],
        table,
        w["became"],
        w["community"],
        weight=w["weight"],
        confidence=confidence,
        anchor=w["anchor"],
        back=back,
        norm=w["norm"],
        acts=w["acts"],
        groups=3,
    )
    assert (now >= 0).all()
    assert (now <= 1).all()
    assert (norm >= 0).all()
    assert (norm <= 1).all()
    assert (well <= met).all()
    assert met.sum() == 2 * (w["became"] >= WENT_BADLY).sum()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 60))
def test_names_do_not_matter_to_encounters(seed: int, n: int) -> None:
    """Rows in another order, each person with her own key and ties: the same persons end in the same state."""
    w = random_week(n, seed)
    kind = np.zeros(w["first"].size, np.uint8)
    table = ties.rows(n, w["first"], w["second"], kind)
    order = Luck(seed, "any order").shuffled("rows", 0, np.arange(n)).astype(np.int64)  # new row -> old row
    new = np.argsort(order).astype(np.int32)  # old row -> new row
    # The same rows of ties, each person's in her old order; only row numbers are other ones.
    start = np.zeros(n + 1, np.int32)
    np.cumsum(np.diff(table.start)[order], out=start[1:])
    half = np.concatenate([np.arange(table.start[i], table.start[i + 1]) for i in order]).astype(np.int64)
    moved = ties.TieTable(
        first=new[table.first],
        second=new[table.second],
        kind=kind,
        start=start,
        partner=new[table.partner[half]],
        tie=table.tie[half],
    )
    options = {"confidence": 0.4, "back": 0.1, "groups": 3}
    one = sweep(
        w["attitude"],
        table,
        w["became"],
        w["community"],
        weight=w["weight"],
        anchor=w["anchor"],
        norm=w["norm"],
        acts=w["acts"],
        **options,
    )
    two = sweep(
        w["attitude"][order],
        moved,
        w["became"],
        w["community"][order],
        weight=w["weight"][half],
        anchor=w["anchor"][order],
        norm=w["norm"][order],
        acts=w["acts"][order],
        **options,
    )
    for mine, yours in zip(one, two, strict=True):
        assert mine[order].tobytes() == yours.tobytes()

    key = np.arange(n, dtype=np.uint32)
    words = (w["norm"].astype(np.float64) * 2**32).astype(np.uint32)
    here = w["acts"]
    member = np.arange(n, dtype=np.int32)
    out = []
    for rows, seat in ((np.arange(n), member), (order, new[member])):
        who, how = np.zeros(n, np.int32), np.zeros(n, np.uint8)
        door(encounters.strangers)(
            u64(seed),
            u32(1),
            u32(3),
            key[rows],
            words[rows],
            f32(0.7),
            here[rows],
            w["community"][rows],
            here[rows],
            np.ascontiguousarray(w["attitude"][rows]),
            np.ones(n, np.uint8),
            CONTACT,
            np.zeros(1, np.int32),
            np.array([n], np.int32),
            seat,
            np.array([seed % n], np.int32),
            who,
            how,
        )
        out.append((who, how))
    (who, how), (who_moved, how_moved) = out
    assert np.array_equal(how[order], how_moved)
    assert np.array_equal(new[who[order]][how_moved > 0], who_moved[how_moved > 0])

    state = []
    for rows, first, second in ((np.arange(n), w["first"], w["second"]), (order, new[w["first"]], new[w["second"]])):
        now, norm = np.ascontiguousarray(w["attitude"][rows]), w["norm"][rows].copy()
        trusted, size = np.full(first.size, 0.5, f32), first.size
        met, well = np.zeros(n, np.int16), np.zeros(n, np.int16)
        door(encounters.pairs)(
            u64(seed),
            u32(2),
            u32(3),
            key[rows],
            first,
            second,
            np.full(size, 0.3, f32),
            np.full(size, 0.6, f32),
            np.zeros(size, np.uint32),
            np.arange(size),
            trusted,
            f32(0.5),
            f32(0.3),
            now.copy(),
            now,
            norm,
            w["acts"][rows],
            w["community"][rows],
            np.ones(n, np.uint8),
            np.ones(n, np.bool_),
            f32(0.1),
            f32(0.4),
            CONTACT,
            spread_table(3, f32(0.1)),
            NORMS,
            met,
            well,
        )
        state.append((now, norm, met, well, trusted))
    for mine, yours in zip(state[0][:4], state[1][:4], strict=True):
        assert mine[order].tobytes() == yours.tobytes()
    assert state[0][4].tobytes() == state[1][4].tobytes()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    violent=st.floats(0, 1),
    registered=st.floats(0, 1),
    seen=st.floats(0, 1),
    losses=st.floats(0, 1),
    skill=st.floats(0, 1),
)
def test_disputes_keep_bounds_and_lose_nobody(
    seed: int, violent: float, registered: float, seen: float, losses: float, skill: float
) -> None:
    place = Hamlet(age=18, on_duty=[3, 7], n=40)
    place.people.skill[::5] = skill
    facts = rules(
        registered=registered,
        seen_by=seen,
        attitude_loss=losses,
        security_loss=losses,
        grievance_gain=losses,
        tie_loss=losses,
        take_up=0.5,
        settled_working=0.8,
        settled_dormant=0.5,
        settled_alone=0.3,
        end_alone=0.3,
        end_handled=0.5,
        excitation=0.5,
        release=0.25,
        group_fight=0.3,
        gathering=0.3,
        elasticity=1.0,
        witness=0.2,
    )
    for week in range(8):
        place.arise(
            facts, [0.05, 0.05, 0.05, 0, 0.05, 0.05], (seed % 997) / 5000, quarrel=0.1, violent=violent, week=week
        )
        place.end(facts, violent=violent, centre=0.5, week=week)
    people, kinds = place.people, place.tally
    for values in (people.attitude, people.security, people.grievance, place.network.trust):
        assert (values >= 0).all()
        assert (values <= 1).all()
    ended = kinds[disputes.SETTLED] + kinds[disputes.VIOLENT] + kinds[disputes.UNRESOLVED]
    size = place.docket.size[0]
    still_open = np.bincount(place.docket.kind[:size], minlength=6)
    assert np.array_equal(kinds[disputes.ARISEN], ended + still_open)
    assert np.array_equal(place.events[:, :9].sum(axis=0), kinds.sum(axis=1))
    # Every open case in somebody's hands is counted as his, and none other.
    held = place.docket.handler[:size]
    assert np.array_equal(np.bincount(held[held >= 0], minlength=40), place.docket.load)


def test_the_draw_of_a_pair_is_the_same_from_both_ends() -> None:
    """Keys, not rows or order, decide how an encounter in an activity goes."""
    found = []
    for first, second in ((0, 1), (1, 0)):
        trusted, now = np.array([0.5], f32), np.full((2, LANES), 0.5, f32)
        door(encounters.pairs)(
            u64(5),
            u32(2),
            u32(3),
            np.array([4, 9], np.uint32),
            np.array([first], np.int32),
            np.array([second], np.int32),
            np.zeros(1, f32),
            np.ones(1, f32),
            np.zeros(1, np.uint32),
            np.zeros(1, np.int64),
            trusted,
            f32(1),
            f32(1),
            now.copy(),
            now,
            np.full(2, 0.5, f32),
            np.zeros(2, np.bool_),
            np.array([0, 1], np.int8),
            np.zeros(2, np.uint8),
            np.ones(2, np.bool_),
            f32(0.1),
            f32(1.01),
            CONTACT,
            spread_table(2, f32(0)),
            NORMS,
            np.zeros(2, np.int16),
            np.zeros(2, np.int16),
        )
        found.append((trusted.tobytes(), now.tobytes()))
    assert found[0] == found[1]
    good = unit(philox(u32(4), u32(9), u32(3), u32(2), u64(5))[1]) < 1 / (1 + math.exp(-0.5))
    assert (np.frombuffer(found[0][0], f32)[0] > 0.5) == good


def test_talks_come_first_and_other_acquaintances_by_chance() -> None:
    n, again, enough = 10, np.float32(0.5), np.float32(2.0)
    pairs = np.array([0 * n + 1, 0 * n + 2, 0 * n + 3, 4 * n + 5], np.int64)  # row 0 knows three, 4 and 5 one each
    talk, setting, turn = np.array([1, 1], np.int64), np.array([0.7, -0.2], np.float32), np.array([0, 1], np.int64)
    pair, first, second, how, chance, which = door(acquaintances.lined_up)(talk, setting, turn, pairs, n, again, enough)
    assert pair.tolist() == [1, 1, 0, 2, 3]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 2), (0, 2), (0, 1), (0, 3), (4, 5)]
    np.testing.assert_array_equal(how, np.array([0.7, -0.2, 0, 0, 0], np.float32))
    assert which.tolist() == [0, 1, 0, 0, 0]
    third = np.float32(1.0) / np.float32(3.0)  # 0.5 times 2 of 3
    np.testing.assert_array_equal(chance, np.array([1, 1, third, third, 0.5], np.float32))


# ------------------------------------------------------------------------------- compiled rules on disk
ASKED = """
import numpy as np
from cohesion_sim.kernels.norms import NormRules, mean_acting
f32 = np.float32
print(mean_acting(NormRules(f32(0.2), f32(0), f32(0), f32(0)), np.zeros(4, f32), np.zeros(4, f32)))
"""


def test_a_rule_kept_on_disk_is_compiled_anew_when_one_of_its_parts_has_changed(tmp_path: Path) -> None:
    package = Path(compiled.__file__).parent
    shutil.copytree(package, tmp_path / "cohesion_sim", ignore=shutil.ignore_patterns("__pycache__"))

    def asked() -> float:
        surroundings = os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
        return float(subprocess.check_output([sys.executable, "-c", ASKED], env=surroundings, text=True))

    assert asked() == 0.5
    part = tmp_path / "cohesion_sim" / "kernels" / "arithmetic.py"
    before = part.read_text("utf-8")
    begin = before.index("def logistic(")
    end = before.index("    return ", begin)
    part.write_text(before[:end] + "    return 0.25\n" + before[before.index("\n", end) + 1 :], "utf-8")
    assert asked() == 0.25


def test_what_was_kept_is_used_again(tmp_path: Path) -> None:
    surroundings = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    counted = ASKED + "print(sum(mean_acting.stats.cache_hits.values()), sum(mean_acting.stats.cache_misses.values()))"
    found = [subprocess.check_output([sys.executable, "-c", counted], env=surroundings, text=True) for _ in range(2)]
    assert [one.split()[1:] for one in found] == [["0", "1"], ["1", "0"]]
