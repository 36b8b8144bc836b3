"""One place of a virtual trial lives through its weeks and is surveyed; if asked, so does its twin as a control."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import municipality
from cohesion_sim.consistency_trial import COUNTS
from cohesion_sim.designs import PERSON_MEASURES, Sample, Trial
from cohesion_sim.kernels import tally
from cohesion_sim.model import CohesionModel
from cohesion_sim.municipality import Municipality
from cohesion_sim.randomness import Luck
from cohesion_sim.record import EVENT_COLUMNS, TOTALS
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies.survey import Survey, answers, sample, to_scale
from cohesion_sim.studies.trial import outcomes, worlds
from cohesion_sim.studies.trial.worlds import Place

Flags = NDArray[np.bool_]
Values = NDArray[np.float64]

GROUPS = ("all", "participants", "non_participants")
"""Of whom the true effect is told, by arm."""


@dataclass(slots=True)
class Lived:
    """What one place leaves. Answers and the rows they belong to have shape (respondents,).

    ``answers[sample, wave][measure]`` are 0-1; ``twin`` the same people's in the twin. ``true[outcome, wave]`` has
    shape (arms, groups, 2): the summed difference to the twin and the number of people. ``events[measure, wave, over]``
    has shape (units, 3): arm, events, person-years.
    """

    place: Place
    who: dict[tuple[str, int], dict[str, NDArray[np.int64]]] = field(default_factory=dict)
    answers: dict[tuple[str, int], dict[str, Values]] = field(default_factory=dict)
    twin: dict[tuple[str, int], dict[str, Values]] = field(default_factory=dict)
    true: dict[tuple[str, int], Values] = field(default_factory=dict)
    events: dict[tuple[str, int, int], Values] = field(default_factory=dict)
    twin_events: dict[tuple[str, int, int], Values] = field(default_factory=dict)


def live(trial: Trial, place: Place, *, with_twin: bool) -> Lived:
    """Return what a place leaves after its last wave.

    Raises
    ------
    InputError
        If the place cannot be made.
    """
    start = municipality.build(place.scenario, place.seed)
    taking_part = worlds.participants(trial.participants, start)
    arm, unit = worlds.units(trial, place, start, taking_part)
    programme, arm_of_label = worlds.programme_of(trial, place)
    offered = _offered(taking_part, arm, arm_of_label, inside=place.arm < 0)
    out = Lived(place)
    weeks = max(trial.waves[-1], 1)
    model = CohesionModel(place.scenario, programme, rng=place.seed, weeks=weeks, start=start, offered=offered)
    control = next(iter(trial.arms.values()))
    twin = None
    if with_twin:
        same = Programme(name="control", interventions=worlds.together(place.scenario, control.programmes))
        everyone = None if taking_part is None else dict.fromkeys(same.interventions, taking_part)
        twin = CohesionModel(place.scenario, same, rng=place.seed, weeks=weeks, start=start, offered=everyone)
    asked = _Asked(trial, place.scenario, start, arm, unit, taking_part)
    seen, seen_twin = _Recall(model), _Recall(twin)
    for wave in trial.waves:
        seen.turn_to(wave)
        seen_twin.turn_to(wave)
        asked.survey(out, model, seen, twin, seen_twin, wave)
    for one in (model, twin):
        if one is not None:
            one.__dict__.clear()  # Mesa's wrapped step makes a cycle: let go of the arrays now
    return out


def _offered(
    taking_part: Flags | None, arm: NDArray[np.int64], arm_of_label: dict[str, int], *, inside: bool
) -> dict[str, Flags]:
    """Return whom each label may invite: participants, and inside a place only those of its arm."""
    everybody = np.ones(len(arm), np.bool_) if taking_part is None else taking_part
    if not inside:
        return {} if taking_part is None else dict.fromkeys(arm_of_label, taking_part)
    return {label: everybody & (arm == number) for label, number in arm_of_label.items()}


class _Recall:
    """Steps a model to a week and keeps in which of the last weeks residents met somebody of another community."""

    def __init__(self, model: CohesionModel | None) -> None:
        self.model = model
        self.weeks: list[Flags] = []
        self.first: NDArray[np.int64] | None = None

    def turn_to(self, week: int) -> None:
        """Let the model live until so many weeks have passed."""
        while self.model is not None and self.model.week < week:
            self.model.step()
            self.weeks = [*self.weeks[1 - outcomes.RECALL :], self.model.state.met > 0]

    def recalled(self) -> NDArray[np.int64]:
        """Return in how many of the last weeks each resident met somebody of another community, (n,).

        Before the first week nothing has happened yet: a copy of the model lives on for a month, in which a baseline
        would have been asked.
        """
        assert self.model is not None
        if not self.weeks:
            if self.first is None:
                self.first = _first_month(self.model)
            return self.first
        whole = np.sum(self.weeks, axis=0) * outcomes.RECALL / len(self.weeks)
        return np.asarray(np.round(whole), np.int64)


def _first_month(model: CohesionModel) -> NDArray[np.int64]:
    """Return in how many of the first weeks each resident meets somebody of another community with no programme."""
    before = CohesionModel(
        model.scenario, "nothing", rng=model.seed, weeks=max(outcomes.RECALL, model.weeks), start=model.start
    )
    total = np.zeros(model.start.people.n, np.int64)
    for _ in range(outcomes.RECALL):
        before.step()
        total += before.state.met > 0
    return total


@dataclass(slots=True)
class _Asked:
    """Who is asked what in one place."""

    trial: Trial
    scenario: Scenario
    start: Municipality
    arm: NDArray[np.int64]
    unit: NDArray[np.int64]
    taking_part: Flags | None

    def survey(
        self,
        out: Lived,
        model: CohesionModel,
        seen: _Recall,
        twin: CohesionModel | None,
        seen_twin: _Recall,
        wave: int,
    ) -> None:
        """Ask everybody who is to be asked at this wave, and measure the true difference to the twin."""
        asked = [outcome for outcome in self.trial.outcomes.values() if outcome.measure in PERSON_MEASURES]
        wanted = {name: [o.measure for o in asked if self._of(o.sample, name)] for name in self.trial.samples}
        measures = dict.fromkeys(measure for names in wanted.values() for measure in names)
        true = {name: outcomes.truth(model, name, _if_needed(seen, name)) for name in measures}
        true_twin = (
            {name: outcomes.truth(twin, name, _if_needed(seen_twin, name)) for name in measures}
            if twin is not None
            else {}
        )
        for number, (name, one) in enumerate(self.trial.samples.items()):
            if wanted[name]:
                self._ask(out, number, name, one, wanted[name], model, true, twin, true_twin, wave)
        if twin is not None:
            for name, outcome in self.trial.outcomes.items():
                if outcome.measure in PERSON_MEASURES:
                    here, there = true[outcome.measure], true_twin[outcome.measure]
                    cut = outcomes.cut_of(outcome, self.scenario)
                    if cut is not None:
                        here, there = (here >= cut).astype(float), (there >= cut).astype(float)
                    out.true[name, wave] = self._true(model, here - there)
        for outcome in self.trial.outcomes.values():
            if outcome.measure in COUNTS:
                key, since = (outcome.measure, wave, outcome.over), max(0, wave - outcome.over)
                out.events[key] = self._events(model, outcome.measure, since, wave)
                if twin is not None:
                    out.twin_events[key] = self._events(twin, outcome.measure, since, wave)

    def _of(self, named: str, name: str) -> bool:
        return (named or next(iter(self.trial.samples))) == name

    def _ask(
        self,
        out: Lived,
        number: int,
        name: str,
        one: Sample,
        wanted: list[str],
        model: CohesionModel,
        true: dict[str, Values],
        twin: CohesionModel | None,
        true_twin: dict[str, Values],
        wave: int,
    ) -> None:
        people, design = self.start.people, survey_of(one, self.scenario)
        luck = Luck(self.start.seed, f"survey/{name}", people.key)
        frame = self._frame(one, model)
        at = wave if not one.panel else 0
        groups = range(len(people.community_names)) if one.each == "community" else (-1,)
        chosen = [
            sample(design, people, frame & ((people.community == g) | (g < 0)), luck, at) for g in groups
        ]
        rows = np.concatenate(chosen).astype(np.int64)
        cluster = people.community.astype(np.int64) if one.each == "community" else np.zeros(people.n, np.int64)
        out.who[name, wave] = {
            "row": rows,
            "arm": self.arm[rows],
            "unit": self.unit[rows],
            "group": cluster[rows],
            "here": model.state.here[rows].astype(np.int64),
        }

        def told(of: CohesionModel, values: dict[str, Values]) -> dict[str, Values]:
            said = {}
            for item, measure in enumerate(wanted):
                norm = of.state.norm.astype(np.float64) if measure in outcomes.OF_OTHERS else None
                raw = answers(design, values[measure], norm, cluster, luck, rows, wave, item)
                said[measure] = to_scale(design, raw)
            return said

        out.answers[name, wave] = told(model, true)
        if twin is not None:
            out.twin[name, wave] = told(twin, true_twin)

    def _frame(self, one: Sample, model: CohesionModel) -> Flags:
        """Return who may be asked, (n,)."""
        here = self.start.asked if one.panel else self.start.asked & model.state.here
        if one.communities:
            names = self.start.people.community_names
            here = here & np.isin(self.start.people.community, [names.index(name) for name in one.communities])
        took_part = self.taking_part if self.taking_part is not None else model.state.attended
        if one.who == "participants":
            return here & took_part & (self.arm >= 0)
        if one.who == "non_participants":
            return here & ~took_part
        if one.who == "met":
            return here & ~took_part & outcomes.has_met(model)
        if one.who == "strangers":
            return here & ~took_part & ~outcomes.has_met(model)
        return here

    def _true(self, model: CohesionModel, difference: Values) -> Values:
        """Return sum and number of differences to the twin, shape (arms, groups, 2), of those who are asked."""
        took_part = self.taking_part if self.taking_part is not None else model.state.attended
        out = np.zeros((len(self.trial.arms), len(GROUPS), 2))
        for a in range(len(out)):
            mine = self.start.asked & (self.arm == a)
            for g, mask in enumerate((mine, mine & took_part, mine & ~took_part)):
                out[a, g] = difference[mask].sum(), mask.sum()
        return out

    def _events(self, model: CohesionModel, measure: str, since: int, until: int) -> Values:
        """Return arm, events and person-years of each unit of the place, shape (units, 3)."""
        groups, sums = self.start.groups.names, model.record.sums[since:until]
        column = TOTALS + EVENT_COLUMNS[measure]
        if self.trial.assignment.unit != "village":
            return np.array([[self.arm[0], sums[:, 0, column].sum(), sums[:, 0, tally.PEOPLE].sum() / 52]])
        rows = []
        for number, name in enumerate(self.start.people.village_names):
            k = groups.index(("village", name))
            arm = self.arm[self.start.people.village == number]
            rows.append([arm.max(initial=-1), sums[:, k, column].sum(), sums[:, k, tally.PEOPLE].sum() / 52])
        return np.array(rows, np.float64)


def _if_needed(seen: _Recall, measure: str) -> Any:
    return seen.recalled() if measure == "contact" else None


def survey_of(one: Sample, scenario: Scenario) -> Survey:
    """Return how a sample is asked: what it leaves open is as in the scenario's [measurement]."""
    facts = scenario.measurement
    return Survey(
        n=one.n,
        unit="person",
        cluster=one.cluster,
        cluster_by="quarter",
        response=facts.response if one.response is None else one.response,
        refusal_tilt=0.0,
        reliability=facts.reliability if one.reliability is None else one.reliability,
        desirability=facts.desirability if one.desirability is None else one.desirability,
        shock=facts.shock if one.shock is None else one.shock,
        scale=one.scale,
        items=facts.items if one.items is None else one.items,
        panel=one.panel,
    )
