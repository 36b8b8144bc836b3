"""The steps of a week's encounters in their order, as parts of one rule with one door for Python [own].

Every door hands over Python's lock and takes it back. A core that has waited for it sleeps, and waking it up takes
longer than many a step.
"""

from typing import NamedTuple

import numpy as np

from cohesion_sim.compiled import rule
from cohesion_sim.kernels.acquaintances import lined_up
from cohesion_sim.kernels.contact import ContactRules
from cohesion_sim.kernels.encounters import (
    act,
    first_words,
    meet,
    pairs,
    sermons,
    strangers,
    sweep,
    turns,
    words,
)
from cohesion_sim.kernels.norms import NormRules


class Decisions(NamedTuple):
    """The numbers of the decisions of a week's encounters."""

    person: np.uint32
    attends: np.uint32
    tie: np.uint32
    valence: np.uint32
    turn: np.uint32
    stranger: np.uint32
    pair: np.uint32


class Setting(NamedTuple):
    """What stays the same in a run: who is who, who knows whom, and the numbers of the rules."""

    key: np.ndarray  # (n,) uint32
    community: np.ndarray  # (n,)
    weights: np.ndarray  # (communities, 8) of the attitude to others
    anchor: np.ndarray  # (n, 8)
    leaders: np.ndarray  # (congregations,) their rows
    strange: np.ndarray  # (congregations, 8) the communities to which a leader's voice opens hearts
    chance: np.ndarray  # (m,) of a tie to meet
    first: np.ndarray  # (m,)
    second: np.ndarray  # (m,)
    across: np.ndarray  # ties between communities
    place_start: np.ndarray  # (places,) where strangers come across each other
    place_size: np.ndarray  # (places,)
    place_member: np.ndarray
    resident: np.ndarray  # this and the next five are `ties.Circles`
    begin: np.ndarray
    split: np.ndarray
    partner: np.ndarray
    tie: np.ndarray
    weight: np.ndarray
    tie_key: np.ndarray  # (quarter of m,) 0, 1, …
    across_key: np.ndarray  # (quarter of the ties between communities,)
    contact: ContactRules
    norms: NormRules
    spread: np.ndarray  # (64, 8)
    steps: np.ndarray  # (256, 8) see `encounters.contact_steps`
    near: np.ndarray  # (4,) see `encounters.nearness`
    return_rate: np.float32
    stranger_chance: np.float32
    stranger_weight: np.ndarray  # (4,)
    attendance: np.float32
    leader_weight: np.float32
    pull: np.float32
    confidence: np.float32
    across_share: np.float32
    acquaintance_chance: np.float32
    acquaintances_enough: np.float32
    acquaintance_weight: np.float32


class Room(NamedTuple):
    """Room for a week's encounters to work in: random words, and what leaders voice."""

    words: np.ndarray  # (4, n): for disputes, youth quarrels, acting, strangers
    attends: np.ndarray  # (n,) a word each
    tie_words: np.ndarray  # (4, quarter of m)
    across_words: np.ndarray
    turn: np.ndarray  # (places,)
    heard: np.ndarray  # (congregations, 8)
    calls: np.ndarray  # (congregations,)


class Minds(NamedTuple):
    """What a week's encounters read and move, and room to work in."""

    attitude: np.ndarray  # (n, 8) of the week's start
    attitude_next: np.ndarray
    norm: np.ndarray  # (n,) of the week's start
    norm_next: np.ndarray
    others: np.ndarray
    acts: np.ndarray
    here: np.ndarray
    speaks: np.ndarray
    listens_in: np.ndarray
    voice: np.ndarray
    tie_trust: np.ndarray  # (m,)
    present: np.ndarray  # (m,)
    became: np.ndarray  # (m + 1,)
    stranger: np.ndarray
    stranger_how: np.ndarray
    met: np.ndarray
    well: np.ndarray
    room: Room


class Talks(NamedTuple):
    """Talks in activities: position among the acquaintances, setting, which talk of the pair it is (all (talks,))."""

    pair: np.ndarray
    setting: np.ndarray
    turn: np.ndarray


@rule
def encounters(seed, what, number, setting, minds, talks, acquaintances, acquaintance_trust):
    """Let people act, meet and influence one another: ties, strangers, leaders, activities.

    ``what`` are `Decisions`, ``number`` is that of the week. ``acquaintances`` (int64) and
    ``acquaintance_trust`` are of those who met in activities; ``talks`` are this week's. Writes ``attitude_next``
    and ``norm_next``.
    """
    s, m, room = setting, minds, minds.room
    words(seed, what.person, number, s.key, room.words)
    first_words(seed, what.attends, number, s.key, room.attends)
    words(seed, what.tie, number, s.tie_key, room.tie_words)
    words(seed, what.valence, number, s.across_key, room.across_words)
    act(m.attitude, s.community, s.weights, m.norm, s.norms, room.words[2], m.here, m.others, m.acts)
    meet(
        room.tie_words, s.chance, m.present, s.across, room.across_words.reshape(-1), s.first, s.second, m.tie_trust,
        m.speaks, s.contact, m.became[:-1],
    )  # fmt: skip
    turns(seed, what.turn, number, s.place_size, room.turn)
    strangers(
        seed, what.stranger, number, s.key, room.words[3], s.stranger_chance, m.here, s.community, m.acts, m.attitude,
        m.speaks, s.contact, s.place_start, s.place_size, s.place_member, room.turn, m.stranger, m.stranger_how,
    )  # fmt: skip
    sermons(m.attitude, s.leaders, m.voice, m.acts, s.strange, room.heard, room.calls)
    sweep(
        m.attitude, m.attitude_next, s.anchor, s.return_rate, m.norm, m.norm_next, m.acts, s.community, m.here,
        s.resident, s.begin, s.split, s.partner, s.tie, s.weight, m.became, m.stranger, m.stranger_how,
        s.stranger_weight, m.listens_in, room.heard, room.calls, room.attends, s.attendance, s.leader_weight, s.near,
        s.steps, s.norms, m.met, m.well,
    )  # fmt: skip
    if acquaintances.size:
        pair, first, second, how, chance, turn = lined_up(
            talks.pair, talks.setting, talks.turn, acquaintances, s.key.size, s.acquaintance_chance,
            s.acquaintances_enough,
        )  # fmt: skip
        pairs(
            seed, what.pair, number, s.key, first, second, how, chance, turn, pair, acquaintance_trust,
            s.acquaintance_weight, s.across_share, m.attitude, m.attitude_next, m.norm_next, m.acts, s.community,
            m.speaks, m.here, s.pull, s.confidence, s.contact, s.spread, s.norms, m.met, m.well,
        )  # fmt: skip
