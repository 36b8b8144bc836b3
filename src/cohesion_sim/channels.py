"""How activities become changes: one short function for each channel of `activities.Activities`.

Nothing else in the package writes to residents on behalf of a programme or a shock. Order inside a week does
not matter to the results: labels are taken in alphabetical order, whatever their order in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.activities import Activities, Harm, LanguageLesson, Meeting, Rows, Signal
from cohesion_sim.kernels import disputes
from cohesion_sim.kernels.weeks import Talks
from cohesion_sim.municipality import DISPUTE_KINDS, Municipality
from cohesion_sim.population import ROLES
from cohesion_sim.randomness import Luck
from cohesion_sim.state import State

RELIGIOUS_LEADER = ROLES.index("religious_leader")
f32 = np.float32


_NO_TALKS = Talks(np.empty(0, np.int64), np.empty(0, f32), np.empty(0, np.int64))


class Week:
    """What this week's activities ask of the rules, beyond what they change at once."""

    def __init__(self) -> None:
        self.pressure = np.ones(len(DISPUTE_KINDS))
        self.incidents: list[tuple[int, int, str, int]] = []
        self.talks = _NO_TALKS
        self.returned: list[Rows] = []


def clear(state: State, municipality: Municipality) -> None:
    """Take back what held for last week only."""
    state.voice[:] = 0
    state.refusal[:] = municipality.scenario.marriage.refusal
    state.watched[:] = 0
    state.paid[:] = False
    state.busy[:] = False
    state.duty = state.duty[:0]
    state.centre = municipality.scenario.disputes.centre
    state.spent = 0.0


def carry_out(
    all_activities: Sequence[tuple[str, Activities]],
    luck: Mapping[str, Luck],
    week: int,
    municipality: Municipality,
    state: State,
) -> Week:
    """Let the activities of one week change the state; return what the rules must still do.

    ``luck`` holds the draws of each label.
    """
    asked = Week()
    meetings: list[Meeting] = []
    for label, activities in sorted(all_activities, key=lambda item: item[0]):
        _teach(activities, luck[label], week, municipality, state)
        _speak(activities, municipality, state)
        _serve(activities, state)
        for harm in activities.harms:
            _harm(harm, municipality, state)
        _ask(activities, asked)
        meetings.extend(activities.meetings)
        for departure in activities.departures:
            state.listens_in[departure.people] = -1
        for meeting in activities.meetings:
            if meeting.leaders:
                _leaders_sit(meeting, municipality, state)
        _take_part(activities, municipality, state)
        _account(activities, label, state)
    asked.talks = introduce(meetings, municipality, state)
    return asked


def _teach(activities: Activities, luck: Luck, week: int, municipality: Municipality, state: State) -> None:
    """Let lessons leave skill or a language, and put mediators on call."""
    for lesson in activities.lessons:
        state.skill[lesson.people] = np.maximum(state.skill[lesson.people], f32(lesson.skill))
    for language in activities.languages:
        _language(language, luck, week, municipality, state)
    if activities.duties:
        on_call = [duty.people for duty in activities.duties]
        state.duty = np.unique(np.concatenate([state.duty, *on_call])).astype(np.int32)


def _speak(activities: Activities, municipality: Municipality, state: State) -> None:
    """Let signals move norms, and leaders voice an attitude or refuse a rite."""
    for signal in activities.signals:
        _signal(signal, municipality, state)
    for voice in activities.voices:
        state.voice[voice.leaders] = np.maximum(state.voice[voice.leaders], f32(voice.attitude))
    for refusal in activities.refusals:
        state.refusal[refusal.leaders] = np.maximum(state.refusal[refusal.leaders], f32(refusal.probability))


def _serve(activities: Activities, state: State) -> None:
    """Let adults watch, the centre work, incentives be paid, services be delivered or fail."""
    for watch in activities.watches:
        state.watched[watch.people] = np.maximum(state.watched[watch.people], f32(watch.presence))
    for centre in activities.centres:
        state.centre = max(state.centre, centre.activity)
    for incentive in activities.incentives:
        state.paid[incentive.people] = True
    for service in activities.services:
        counts = state.good if service.good > 0 else state.bad
        counts[service.people] += f32(abs(service.good))


def _ask(activities: Activities, asked: Week) -> None:
    """Note what the rules of the week must do."""
    for pressure in activities.pressures:
        kinds = slice(None) if pressure.kind == "all" else DISPUTE_KINDS.index(pressure.kind)
        asked.pressure[kinds] *= pressure.factor
    for incident in activities.incidents:
        asked.incidents.append((incident.first, incident.second, incident.kind, incident.level))
    asked.returned.extend(back.people for back in activities.returns)


def _account(activities: Activities, label: str, state: State) -> None:
    """Book the money, and remember whom the label enrolled."""
    for cost in activities.costs:
        usd, own = state.money.get((label, cost.line), (0.0, 0.0))
        state.money[label, cost.line] = (usd + cost.usd, own + cost.own)
        state.spent += cost.usd
    if activities.enrol.size:
        known = state.enrolled.get(label, activities.enrol[:0])
        state.enrolled[label] = np.union1d(known, activities.enrol).astype(np.int32)


def _language(
    lesson: LanguageLesson, luck: Luck, week: int, municipality: Municipality, state: State
) -> None:
    """Let learners come to speak the language, each by her own draw."""
    people = municipality.people
    bit = np.uint8(1 << people.language_names.index(lesson.language))
    draw = luck.uniform("learns", week, lesson.people)
    state.speaks[lesson.people[draw < lesson.share]] |= bit


def _signal(signal: Signal, municipality: Municipality, state: State) -> None:
    strength = f32(signal.strength)
    if signal.topic == "others":
        state.norm[signal.people] += strength * (f32(1) - state.norm[signal.people])
    else:
        houses = np.unique(municipality.people.household[signal.people])
        state.approval[houses] -= strength * state.approval[houses]


def _harm(harm: Harm, municipality: Municipality, state: State) -> None:
    rows = harm.people
    one = f32(1)
    if harm.security:
        state.security[rows] *= one - f32(harm.security)
    if harm.participation:
        state.participation[rows] *= one - f32(harm.participation)
    if harm.grievance:
        state.grievance[rows] += f32(harm.grievance) * (one - state.grievance[rows])
    if harm.attitude:
        own = municipality.people.community[rows]
        for g in range(len(municipality.people.community_names)):
            if harm.community in (-1, g):
                hit = rows[own != g]
                state.attitude[hit, g] *= one - f32(harm.attitude)


def _leaders_sit(meeting: Meeting, municipality: Municipality, state: State) -> None:
    """Open the channel between leaders; some followers stop listening to a leader who sits with the others."""
    facts = municipality.scenario.disputes
    state.channel += facts.channel * max(0.0, meeting.setting) * (1.0 - state.channel)
    people = municipality.people
    first_time = meeting.people[
        (people.role[meeting.people] == RELIGIOUS_LEADER) & (state.attendance[meeting.people] == 0)
    ]
    loss = municipality.scenario.harm.leader_loss
    if loss > 0 and first_time.size:
        houses = people.congregation[first_time]
        followers = np.flatnonzero(np.isin(state.listens_in, houses)).astype(np.int32)
        draw = Luck(municipality.seed, "followers", people.key).uniform("leave", 0, followers)
        state.listens_in[followers[draw < loss]] = -1


def _take_part(activities: Activities, municipality: Municipality, state: State) -> None:
    """Count who took part or was reached; some feel less at home afterwards (LivingSideBySide [C74])."""
    people, harm = municipality.people, municipality.scenario.harm
    attended = activities.attended
    if attended.size:
        attended = np.unique(attended)
        new = attended[state.attendance[attended] == 0]
        if harm.backlash > 0 and new.size:
            risk = np.full(new.size, harm.backlash)
            risk[people.female[new] & (people.age[new] < 29)] *= harm.girls
            risk[people.community[new] == people.majority] *= harm.majority
            draw = Luck(municipality.seed, "backlash", people.key).uniform("feels", 0, new)
            hurt = new[draw < risk]
            state.security[hurt] *= f32(1 - harm.loss)
            state.participation[hurt] *= f32(1 - harm.loss)
        state.attendance[attended] += 1
        state.attended[attended] = True
        state.reached[attended] = True
        state.busy[attended] = True
    if activities.reached.size:
        state.reached[activities.reached] = True


def pairs_of(meeting: Meeting) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs who talk in a meeting: everyone with the nearest seats on both sides."""
    seats = np.asarray(meeting.people, np.int64)
    n = len(seats)
    if n < 2:
        return seats[:0], seats[:0]
    reach = min(max(1, meeting.partners // 2), max(1, (n - 1) // 2))
    at = np.arange(n if n > 2 else 1)
    first = np.concatenate([seats[at] for _ in range(reach)])
    second = np.concatenate([seats[(at + d) % n] for d in range(1, reach + 1)])
    return first, second


def introduce(meetings: Sequence[Meeting], municipality: Municipality, state: State) -> Talks:
    """Make those who meet in activities known to each other and return all their talks of this week.

    Acquaintances stay: they meet again in ordinary weeks, with the chance of the scenario's ``ties.acquaintance``. They
    start with the mean of what the two think of each other's communities.
    """
    if not meetings:
        return _NO_TALKS
    people = municipality.people
    n = people.n
    keys, settings = [], []
    for meeting in meetings:
        first, second = pairs_of(meeting)
        keys.append(np.minimum(first, second) * n + np.maximum(first, second))
        settings.append(np.full(len(first), meeting.setting, f32))
    key, setting = np.concatenate(keys), np.concatenate(settings)
    known = state.acquaintances
    if known.size:
        unknown = known[np.minimum(np.searchsorted(known, key), known.size - 1)] != key
        new = np.unique(key[unknown])
    else:
        new = np.unique(key)
    if new.size:
        low, high = new // n, new % n
        mutual = f32(0.5) * (
            state.attitude[low, people.community[high]] + state.attitude[high, people.community[low]]
        )
        everyone = np.concatenate([known, new])
        order = np.argsort(everyone, kind="stable")
        state.acquaintances = everyone[order]
        state.acquaintance_trust = np.concatenate([state.acquaintance_trust, mutual])[order]
        state.acquaintance_start = np.concatenate([state.acquaintance_start, mutual])[order]
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    begins = np.searchsorted(ordered, ordered)
    return Talks(np.searchsorted(state.acquaintances, ordered), setting[order], np.arange(len(key)) - begins)


def season(municipality: Municipality, week_of_year: int) -> NDArray[np.float64]:
    """Return the factor on each kind of dispute in this week of the year; factors average one over the year."""
    facts = municipality.scenario.disputes
    factor = np.ones(len(DISPUTE_KINDS))
    # Irrigation: April to August, 22 of 52 weeks. School holidays: June to August and two weeks of January, 15 weeks.
    irrigation = facts.irrigation if 14 <= week_of_year < 36 else 1.0
    factor[disputes.LAND_WATER] = irrigation / ((22 * facts.irrigation + 30) / 52)
    holidays = facts.holidays if 23 <= week_of_year < 36 or week_of_year <= 2 else 1.0
    factor[disputes.YOUTH] = holidays / ((15 * facts.holidays + 37) / 52)
    return factor
