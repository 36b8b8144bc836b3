"""A municipality lived twice, with the same luck, and everything of it that is shown week by week.

`live` runs one arm with `CohesionModel` itself and only looks on, so that its numbers are those of `run`; `film` puts
two arms beside each other. Week 0 is the state before the first week.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import municipality
from cohesion_sim.activities import Activities
from cohesion_sim.kernels import disputes
from cohesion_sim.measures import MEASURES
from cohesion_sim.model import CohesionModel
from cohesion_sim.municipality import Municipality
from cohesion_sim.record import Record
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.state import State, fresh
from cohesion_sim.studies.execute import replication_seed
from cohesion_sim.workshop.checkpoint import Checkpoint, Notes, resume, taken
from cohesion_sim.workshop.choices import WHAT_IF, kind_of
from cohesion_sim.workshop.encode import Plane, as_bits, as_changes
from cohesion_sim.workshop.layout import Layout, layout

NOT_ASKED = 255
SCALE = 100
"""Steps of an attitude between 0 and 1."""

AROSE, SETTLED, VIOLENT, DROPPED, GROUP_FIGHT, GATHERING, BLOWS = range(7)
_ENDINGS = {
    disputes.ARISEN: AROSE, disputes.SETTLED: SETTLED, disputes.VIOLENT: VIOLENT, disputes.UNRESOLVED: DROPPED,
    disputes.GROUP_FIGHT: GROUP_FIGHT, disputes.GATHERING: GATHERING, disputes.BLOWS: BLOWS,
}  # fmt: skip
"""Rows of the model's tally that are shown, and their numbers in a film."""

DIALOGUE, TRAINING, PROJECT, MESSAGE, MEETING, SHOCK = range(6)
_SESSIONS = {
    "dialogue_platform": DIALOGUE, "training": TRAINING, "language_club": TRAINING, "leader_message": MESSAGE,
    "early_marriage_prevention": MESSAGE, "public_meeting": MEETING,
}  # fmt: skip
"""What a session of each kind looks like; every other kind is a project."""

_BEFORE_ANY_WEEK = ("contact", "good")  # measures of encounters, of which there were none yet


class StoppedError(Exception):
    """Nobody waits for this run any more."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One run as it is shown. Weeks run from 0 (before the first) unless said."""

    attitude: NDArray[np.uint8]  # (weeks + 1, n) to others, 0-100; 255: a child
    met: NDArray[np.bool_]  # (weeks, n) from week 1: met somebody of another community
    series: NDArray[np.float32]  # (measures, weeks + 1)
    events: dict[str, Plane]  # week, kind, what, a, b
    sessions: list[tuple[int, str, NDArray[np.int32]]]  # week, label, people
    money: dict[tuple[str, str], tuple[float, float]]
    groups: NDArray[np.float64]  # (weeks, groups, measures) from week 1
    final: dict[str, Plane]  # see `record.Outcome`


@dataclass(frozen=True, slots=True)
class Twin:
    """Both arms of one municipality, and what they were made of."""

    start: Municipality
    scenario: Scenario
    programme: Programme
    seed: int  # as the user gave it
    without: Arm
    with_: Arm
    map: Layout


def place(scenario: Scenario, seed: int) -> Municipality:
    """Return the municipality of the first replication of `run` under a seed."""
    return municipality.build(scenario, replication_seed(seed, 0))


def film(scenario: Scenario, programme: Programme, seed: int = 1) -> Twin:
    """Return both arms, lived at the same time in two threads."""
    start = place(scenario, seed)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(live, scenario, each, start) for each in (Programme(name="nothing"), programme)]
        without, with_ = (future.result() for future in both)
    return Twin(start, scenario, programme, seed, without, with_, layout(scenario, start.people))


def live(
    scenario: Scenario,
    programme: Programme,
    start: Municipality,
    stopped: Callable[[], bool] = lambda: False,
    *,
    since: Checkpoint | None = None,
    marks: Mapping[int, Callable[[Checkpoint], None]] | None = None,
) -> Arm:
    """Return one arm, lived to its last week.

    ``start`` may have been built for the same place with other shocks or programmes. ``stopped`` is asked every week.
    ``since`` is a checkpoint of an arm that was the same until then; ``marks`` are given one in the weeks they name.

    Raises
    ------
    StoppedError
        If ``stopped`` says so.
    """
    model = begun(scenario, programme, start)
    n, weeks = start.people.n, scenario.weeks
    attitudes = _Attitudes(start)
    notes = Notes(np.empty((weeks + 1, n), np.uint8), np.empty((weeks, n), np.bool_))
    notes.attitude[0] = attitudes(model.state)
    if since is not None:
        resume(since, model, notes)
    while model.running:
        if stopped():
            raise StoppedError
        model.step()
        _note(model, notes, attitudes)
        if marks and model.week in marks:
            marks[model.week](taken(model, notes))
    outcome = model.record.outcome(model.state)
    groups = outcome.weekly.reshape(weeks, len(outcome.groups), -1)
    arm = Arm(
        notes.attitude, notes.met, series_of(groups, start), _columns(np.concatenate(notes.events)), notes.sessions,
        outcome.money, groups, outcome.final,
    )  # fmt: skip
    model.__dict__.clear()  # Mesa's wrapped step makes a cycle: let go of the arrays now
    return arm


def _note(model: CohesionModel, notes: Notes, attitudes: _Attitudes) -> None:
    """Note what is shown of the week that has just passed."""
    week = model.week
    notes.attitude[week] = attitudes(model.state)
    np.greater(model.state.met, 0, out=notes.met[week - 1])
    log = model.state.docket.log[: model.state.docket.noted[0]]
    notes.events.append(np.column_stack([np.full(len(log), week, np.int32), log]))
    notes.sessions += [(week, label, rows) for label, done in model.done if (rows := seen(label, done)) is not None]


def begun(scenario: Scenario, programme: Programme, start: Municipality) -> CohesionModel:
    """Return a model before its first week, in a place that may have been built with other shocks or programmes."""
    if start.scenario is not scenario:
        start = replace(start, scenario=scenario)
    return CohesionModel(scenario, programme, rng=start.seed, weeks=scenario.weeks, start=start)


class _Attitudes:
    """What everybody thinks of the others (n,), in steps of a hundredth; `NOT_ASKED` for children."""

    def __init__(self, start: Municipality) -> None:
        people = start.people
        # As `population.attitude_to_others`, in the same order and so to the last bit; looked up once, not every week.
        self._weights = [start.out_weights[people.community, g] for g in range(len(people.community_names))]
        self._children = ~start.asked

    def __call__(self, state: State) -> NDArray[np.uint8]:
        """Return them as they are now."""
        exact = np.zeros(len(self._children), np.float32)
        for g, weights in enumerate(self._weights):
            exact += state.attitude[:, g] * weights
        exact *= np.float32(SCALE)
        steps: NDArray[np.uint8] = np.rint(exact, out=exact).astype(np.uint8)
        steps[self._children] = NOT_ASKED
        return steps


def seen(label: str, done: Activities) -> NDArray[np.int32] | None:
    """Return whom one sees in this week's activities of a label; None when there is nothing to see."""
    if label.startswith("shock/"):
        parties = [row for incident in done.incidents for row in (incident.first, incident.second)]
        if not (done.incidents or done.harms or done.services or done.enrol.size):
            return None  # tension that goes on
        return np.array(parties, np.int32)
    rows = [done.attended, *(meeting.people for meeting in done.meetings), *(voice.leaders for voice in done.voices)]
    people = np.unique(np.concatenate(rows)).astype(np.int32)
    return people if people.size or done.signals or done.services else None


def _columns(rows: NDArray[np.int32]) -> dict[str, Plane]:
    """Return the columns of events that are shown, from rows (week, first, second, kind, row of the tally)."""
    number = np.full(9, -1, np.int64)
    number[list(_ENDINGS)] = list(_ENDINGS.values())
    what = number[rows[:, 4]]
    rows, what = rows[what >= 0], what[what >= 0]
    return {
        "week": rows[:, 0].astype(np.uint16),
        "kind": rows[:, 3].astype(np.uint8),
        "what": what.astype(np.uint8),
        "a": rows[:, 1].astype(np.uint32),
        "b": rows[:, 2].astype(np.uint32),
    }


def series_of(groups: NDArray[np.float64], start: Municipality) -> NDArray[np.float32]:
    """Return all measures of everybody (measures, weeks + 1); flows and encounters have no value in week 0."""
    before = Record(start, 1)
    before.week(fresh(start))
    first = before.table()[0, 0]
    for k, measure in enumerate(MEASURES.values()):
        if measure.flow or measure.name in _BEFORE_ANY_WEEK:
            first[k] = np.nan
    first[list(MEASURES).index("cohesion")] = np.nan  # which counts contact in
    series: NDArray[np.float32] = np.vstack([first, groups[:, 0]]).T.astype(np.float32)
    return series


# ------------------------------------------------------------------------------------------------ planes


def labels(scenario: Scenario, programme: Programme) -> list[dict[str, Any]]:
    """Return the labels of a film: the programme's interventions, then the shocks, with their kinds."""
    told = [(label, kind_of(actor)) for label, actor in programme.interventions.items()]
    told += [(f"shock/{label}", kind_of(actor)) for label, actor in scenario.shocks.items()]
    return [{"label": label, "kind": kind, "title": {}} for label, kind in told]


def planes(twin: Twin) -> list[tuple[str, Plane]]:
    """Return the planes of a film by name, in the order in which they are kept."""
    people, start = twin.start.people, twin.start
    quarters = len(twin.map.quarters)
    band = np.searchsorted(np.array([14, 29, 60]), people.age, side="right")
    out: list[tuple[str, Plane]] = [
        ("x", twin.map.x), ("y", twin.map.y), ("community", people.community.astype(np.uint8)),
        ("role", people.role.astype(np.uint8)), ("sex", people.female.astype(np.uint8)),
        ("band", band.astype(np.uint8)), ("village", people.village.astype(np.uint8)),
        ("quarter", people.quarter.astype(np.uint16)), ("household", people.household.astype(np.uint32)),
        ("bundle", _bundles(start, quarters)),
    ]  # fmt: skip
    changes = as_changes(twin.without.attitude, twin.with_.attitude)
    met = as_bits(twin.without.met, twin.with_.met)
    for k, (name, arm) in enumerate((("without", twin.without), ("with", twin.with_))):
        out += [(f"att.{name}", changes[k]), (f"met.{name}", met[k]), (f"series.{name}", arm.series)]
        out += [(f"event.{name}.{column}", plane) for column, plane in arm.events.items()]
    out += _sessions(twin)
    spending = twin.with_.series[list(MEASURES).index("spending")]
    return [*out, ("money.weekly", np.nan_to_num(spending))]


def _bundles(start: Municipality, quarters: int) -> NDArray[np.uint32]:
    """Return how many ties there are between two quarters, (quarters, quarters), each counted once."""
    one, two = (start.people.quarter[end].astype(np.int64) for end in (start.ties.first, start.ties.second))
    counts = np.bincount(np.minimum(one, two) * quarters + np.maximum(one, two), minlength=quarters**2)
    return counts.reshape(quarters, quarters).astype(np.uint32)


def _sessions(twin: Twin) -> list[tuple[str, Plane]]:
    """Return the planes of sessions: week, label, what, and the people of each as rows of one list."""
    known = labels(twin.scenario, twin.programme)
    number = {one["label"]: k for k, one in enumerate(known)}
    sessions = twin.with_.sessions
    what = [
        SHOCK if label.startswith("shock/") else _SESSIONS.get(known[number[label]]["kind"], PROJECT)
        for _, label, _ in sessions
    ]
    people = [rows for _, _, rows in sessions]
    start = np.cumsum([0, *map(len, people)])
    return [
        ("session.week", np.array([week for week, *_ in sessions], np.uint16)),
        ("session.label", np.array([number[label] for _, label, _ in sessions], np.uint8)),
        ("session.what", np.array(what, np.uint8)),
        ("session.start", start.astype(np.uint32)),
        ("session.people", np.concatenate([*people, np.empty(0, np.int32)]).astype(np.uint32)),
    ]


def asked_shocks(scenario: Scenario) -> dict[str, int]:
    """Return kind and week (1: the first) of the shocks somebody asked about."""
    return {
        label.removeprefix(WHAT_IF): actor.week + 1
        for label, actor in scenario.shocks.items()
        if label.startswith(WHAT_IF) and actor.week >= 0
    }
