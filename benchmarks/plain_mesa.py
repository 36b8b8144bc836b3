"""The same residents, ties and weekly rules in plain Mesa: one Python object a person, ordinary attributes.

This is the readable twin of `cohesion_sim.kernels.encounters` (with contact, influence and norms): who acts across the
line, which ties meet and how it goes, who comes across whom at school or bazaar, and what all this leaves in attitudes,
perceived norms and tie trust. It starts from the same `Municipality` and gets the same draws, so that it must agree
with the compiled model week by week and person by person (``tests/test_plain_mesa.py``); and it is the peer against
which ``benchmarks/speed.py`` measures. There are no programmes, disputes or marriages here.

Only the draws come from compiled code, in bulk, at about the cost of ``random.random()``: the peer is not slowed by
a generator written in Python.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import mesa
import numpy as np
from numpy.typing import NDArray

from cohesion_sim.compiled import door
from cohesion_sim.kernels import encounters
from cohesion_sim.municipality import Municipality, weekly
from cohesion_sim.population import ROLES
from cohesion_sim.randomness import NO_KEY, Luck, decision, uniforms
from cohesion_sim.state import week_of_year

APART, ALIKE, WENT_BADLY, WENT_WELL = 0, 1, 2, 3
"""What became of a tie this week: did not meet; met, same community; met across communities, badly or well."""


@dataclass
class Rules:
    """The numbers of the rules, as ordinary floats; see ``cohesion-sim parameters`` for meanings and sources."""

    intercept: float
    trust_slope: float
    language_slope: float
    gain: float
    loss: float
    generalisation: float
    third_groups: float
    pull: float
    across: float
    confidence: float
    return_rate: float
    attendance: float
    leader: float
    learning: float
    act_base: float
    act_attitude: float
    act_norm: float
    stranger_chance: float
    stranger_closeness: float

    @classmethod
    def of(cls, start: Municipality) -> Rules:
        """Return the rules of a municipality; where it keeps a rounded number, that one."""
        contact, norms, scenario = start.contact, start.norms, start.scenario
        influence, stranger = scenario.influence, scenario.ties.stranger
        return cls(
            intercept=float(contact.intercept),
            trust_slope=float(contact.trust_slope),
            language_slope=float(contact.language_slope),
            gain=float(contact.gain),
            loss=float(contact.loss),
            generalisation=float(contact.generalisation),
            third_groups=float(contact.third_groups),
            pull=influence.pull,
            across=influence.across,
            confidence=float(np.float32(influence.confidence)),
            return_rate=float(np.float32(weekly(influence.half_life))),
            attendance=float(np.float32(influence.attendance)),
            leader=influence.leader,
            learning=float(norms.learning),
            act_base=float(norms.act_base),
            act_attitude=float(norms.act_attitude),
            act_norm=float(norms.act_norm),
            stranger_chance=float(np.float32(stranger.chance)),
            stranger_closeness=stranger.closeness,
        )


def logistic(x: float) -> float:
    """Return 1 / (1 + e^-x)."""
    return 1.0 / (1.0 + math.exp(-x))


class Tie:
    """Two residents who know each other."""

    def __init__(self, first: Resident, second: Resident, chance: float, trust: float) -> None:
        self.first = first
        self.second = second
        self.chance = chance
        self.trust = trust
        self.between_communities = first.community != second.community
        self.became = APART

    def meet(self, draw: float) -> None:
        """Meet this week or not, by a draw."""
        met = self.first.here and self.second.here and draw < self.chance
        self.became = ALIKE if met else APART

    def turn_out(self, rules: Rules, draw: float) -> None:
        """Let a meeting between communities go well or badly, by a draw; trust between the two follows."""
        if self.became == APART:
            return
        if draw < chance_good(rules, self.trust, self.first, self.second):
            self.became = WENT_WELL
            self.trust += rules.gain * (1.0 - self.trust)
        else:
            self.became = WENT_BADLY
            self.trust -= rules.loss * self.trust


def chance_good(rules: Rules, trust: float, one: Resident, other: Resident) -> float:
    """Return the chance that an encounter between communities goes well."""
    shared_language = 0.0 if one.languages.isdisjoint(other.languages) else 1.0
    return logistic(
        rules.intercept + rules.trust_slope * (trust - 0.5) + rules.language_slope * (shared_language - 0.5)
    )


class Resident(mesa.Agent):  # type: ignore[misc]
    """One person: attitudes to each community, a perceived norm, ties."""

    def __init__(self, model: PlainModel, row: int) -> None:
        super().__init__(model)
        start, people, number = model.start, model.start.people, model.number
        groups = range(len(people.community_names))
        self.row = row
        self.key = int(people.key[row])
        self.community = int(people.community[row])
        self.languages = frozenset(
            name for bit, name in enumerate(people.language_names) if people.speaks[row] >> bit & 1
        )
        self.migrant = bool(people.migrant[row])
        self.here = True
        self.attitudes = [number(start.attitude[row, g]) for g in groups]
        self.anchors = [number(start.anchor[row, g]) for g in groups]
        self.weights = [float(start.out_weights[self.community, g]) for g in groups]
        self.norm = number(people.norm[row])
        self.ties: list[tuple[Tie, Resident, float]] = []  # with the partner and how much he counts
        self.leader: Resident | None = None
        self.acts = False
        self.stranger: Resident | None = None
        self.stranger_became = APART
        self.met = self.well = 0
        self.next_attitudes = self.attitudes
        self.next_norm = self.norm

    def travel(self) -> None:
        """Leave or come back with the season."""
        self.here = not (self.migrant and self.model.season_away)

    def decide(self) -> None:
        """Act across the line this week or not, from attitude to the others and perceived norm."""
        rules = self.model.rules
        to_others = sum(weight * attitude for weight, attitude in zip(self.weights, self.attitudes, strict=True))
        readiness = rules.act_base + rules.act_attitude * (to_others - 0.5) + rules.act_norm * (self.norm - 0.5)
        self.acts = self.here and self.model.draws.acts[self.row] < logistic(readiness)
        self.stranger_became = APART

    def live(self) -> None:
        """Take this week's encounters one after another, partners as they were at the week's start."""
        model, rules = self.model, self.model.rules
        self.next_attitudes = list(self.attitudes)
        self.met = self.well = 0
        seen: list[bool] = []  # did those like me whom I saw act across the line?
        for tie, partner, weight in self.ties:
            if tie.became != APART:
                self.encounter(partner, tie.became, weight, seen)
        if self.stranger_became != APART:
            weight = rules.pull * rules.stranger_closeness
            if self.stranger_became != ALIKE:
                weight *= rules.across
            self.encounter(self.stranger, self.stranger_became, weight, seen)
        if self.leader is not None and self.here and model.draws.attends[self.row] < rules.attendance:
            self.listen(self.leader, rules.pull * rules.leader)
            seen.append(self.leader.acts)
        for g, anchor in enumerate(self.anchors):
            attitude = self.next_attitudes[g]
            attitude += rules.return_rate * (anchor - attitude)
            self.next_attitudes[g] = min(max(attitude, 0.0), 1.0)
        self.next_norm = self.norm
        if seen:
            self.next_norm += rules.learning * (sum(seen) / len(seen) - self.norm)

    def encounter(self, partner: Resident, became: int, weight: float, seen: list[bool]) -> None:
        """Let one encounter do its work: contact between communities, then influence."""
        if became == ALIKE:
            seen.append(partner.acts)
        else:
            self.met += 1
            self.well += became == WENT_WELL
            self.feel(partner.community, became == WENT_WELL)
        self.listen(partner, weight)

    def feel(self, other: int, well: bool) -> None:
        """Move attitudes after contact with community ``other``: towards it, and a little towards third ones."""
        rules = self.model.rules
        step = (rules.gain if well else rules.loss) * rules.generalisation
        aim = 1.0 if well else 0.0
        for g, attitude in enumerate(self.next_attitudes):
            if g == other:
                self.next_attitudes[g] += step * (aim - attitude)
            elif g != self.community:
                self.next_attitudes[g] += step * rules.third_groups * (aim - attitude)

    def listen(self, partner: Resident, weight: float) -> None:
        """Move towards what a partner thinks, where it is not too far from what I think."""
        confidence = self.model.rules.confidence
        for g, theirs in enumerate(partner.attitudes):
            difference = theirs - self.next_attitudes[g]
            if abs(difference) < confidence:
                self.next_attitudes[g] += weight * difference

    def advance(self) -> None:
        """Make this week's attitudes and norm the current ones."""
        self.attitudes = self.next_attitudes
        self.norm = self.next_norm


class Place:
    """A school or bazaar, where anybody may come across anybody."""

    def __init__(self, members: list[Resident]) -> None:
        self.members = members

    def pair(self, model: PlainModel, turn: int) -> None:
        """Pair the seats that add up to this week's turn; some pairs come across each other."""
        size = len(self.members)
        for seat, one in enumerate(self.members):
            opposite = (turn - seat) % size
            if opposite > seat:
                self.come_across(model, one, self.members[opposite])

    def come_across(self, model: PlainModel, one: Resident, other: Resident) -> None:
        """Let two strangers meet; those of two communities talk only if one of them makes the step."""
        rules = model.rules
        lower, upper = (one, other) if one.key < other.key else (other, one)
        if not (one.here and other.here and model.draws.strangers[lower.row] < rules.stranger_chance):
            return
        if one.community == other.community:
            became = ALIKE
        elif not (one.acts or other.acts):
            became = APART
        else:
            trust = 0.5 * (one.attitudes[other.community] + other.attitudes[one.community])
            good = model.draws.between(lower.key, upper.key) < chance_good(rules, trust, one, other)
            became = WENT_WELL if good else WENT_BADLY
        one.stranger, other.stranger = other, one
        one.stranger_became = other.stranger_became = became


class Draws:
    """Numbers in [0, 1) for one week, the ones the compiled model draws."""

    def __init__(self, seed: int, start: Municipality) -> None:
        self._seed = np.uint64(seed)
        self._n = start.people.n
        self._keys = start.people.key.astype(np.uint32)
        self._ties = start.ties.m
        self._across = start.across.size
        self._places = len(start.places.size)

    def turn_to(self, week: int) -> None:
        """Draw the numbers of a week."""
        self._week = np.uint32(week)
        person = self._words("person", self._keys)
        self.acts = person[2].tolist()
        self.strangers = person[3].tolist()
        self.attends = self._words("person too", self._keys)[0].tolist()
        self.ties = self._listed("tie", self._ties)
        self.valences = self._listed("valence", self._across)
        self.turns = Luck(int(self._seed), "places").uniform("turn", week, np.arange(self._places)).tolist()

    def between(self, lower: int, upper: int) -> float:
        """Return the number of two strangers: a pair is counted as one entity, the upper key in the high half."""
        pair = np.array([lower + (upper << 32)])
        return float(uniforms(self._seed, decision("week/stranger"), self._week, pair, NO_KEY)[0])

    def _words(self, name: str, keys: NDArray[np.uint32]) -> NDArray[np.float64]:
        words = np.empty((4, keys.size), np.uint32)
        door(encounters.words)(self._seed, decision(f"week/{name}"), self._week, keys, words)
        return (words >> 8) * 2.0**-24

    def _listed(self, name: str, number: int) -> list[float]:
        """Return one number for each of ``number`` things: four blocks, one for each word of the generator."""
        return self._words(name, np.arange(-(-number // 4), dtype=np.uint32)).reshape(-1)[:number].tolist()


class PlainModel(mesa.Model):  # type: ignore[misc]
    """The residents' week of a municipality without programme, disputes or marriages.

    ``number`` is the kind of number in which attitudes, norms and trust are kept: Python's own, or ``np.float32``,
    which rounds as the kernels do (and is several times slower).
    """

    def __init__(self, start: Municipality, number: type = float) -> None:
        super().__init__(rng=start.seed)
        self.start = start
        self.number = number
        self.rules = Rules.of(start)
        self.draws = Draws(start.seed, start)
        self.week = 0
        self.season_away = False
        people, table = start.people, start.ties
        self.residents = [Resident(self, row) for row in range(people.n)]
        for resident, house in zip(self.residents, people.congregation, strict=True):
            if house >= 0 and people.role[resident.row] != ROLES.index("religious_leader"):
                resident.leader = self.residents[people.leaders[house]]
        self.ties = [
            Tie(self.residents[first], self.residents[second], float(chance), number(trust))
            for first, second, chance, trust in zip(
                table.first, table.second, start.chance, start.tie_trust, strict=True
            )
        ]
        self.between = [tie for tie in self.ties if tie.between_communities]
        for resident in self.residents:
            for h in range(table.start[resident.row], table.start[resident.row + 1]):
                partner = self.residents[table.partner[h]]
                resident.ties.append((self.ties[table.tie[h]], partner, float(start.half_weight[h])))
            resident.ties.sort(key=lambda entry: entry[0].between_communities)  # her own community first
        places = start.places
        self.places = [
            Place([self.residents[row] for row in places.member[begin : begin + size]])
            for begin, size in zip(places.start, places.size, strict=True)
        ]

    def step(self) -> None:
        """Let one week pass."""
        facts = self.start.scenario.people
        self.draws.turn_to(self.week)
        self.season_away = facts.away_from <= week_of_year(self.start, self.week) < facts.away_until
        self.agents.do("travel")
        self.agents.do("decide")
        for tie, draw in zip(self.ties, self.draws.ties, strict=True):
            tie.meet(draw)
        for tie, draw in zip(self.between, self.draws.valences, strict=True):
            tie.turn_out(self.rules, draw)
        for place, turn in zip(self.places, self.draws.turns, strict=True):
            place.pair(self, int(turn * len(place.members)))
        self.agents.do("live")
        self.agents.do("advance")
        self.week += 1
