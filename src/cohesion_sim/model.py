"""The model: a municipality that lives week by week, as a Mesa model.

`CohesionModel.step` is the week in its order. Residents are rows of arrays; `Resident`, `Official`,
`ReligiousLeader` and `Activist` are views of one row, made when somebody first asks for agents. This is the
only module that imports Mesa.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from cohesion_sim import channels, files, measures, municipality
from cohesion_sim.activities import NOTHING, Activities
from cohesion_sim.kernels import disputes, encounters, marriage, trust, weeks
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.municipality import DISPUTE_KINDS, WEEKS_A_YEAR, Municipality, weekly
from cohesion_sim.parameters import MOST_SEED, MOST_WEEKS, InputError, nearest, whole
from cohesion_sim.population import ROLES, attitude_to_others
from cohesion_sim.randomness import Luck, decision
from cohesion_sim.record import MARRIAGES, Record
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.state import View, fresh, week_of_year

if TYPE_CHECKING:
    import pandas as pd

f32, u32, u64 = np.float32, np.uint32, np.uint64
_DECISIONS = weeks.Decisions._make(decision(name) for name in (
    "week/person", "week/person too", "week/tie", "week/valence", "places/turn", "week/stranger", "week/pair",
))  # fmt: skip
_ARISE, _INCIDENT, _END = (decision(f"week/{name}") for name in ("arise", "incident", "end"))
_MARRIAGE = decision("week/marriage")

# Python's own part of a week is many short steps, each of which offers Python's lock to other threads. Taking turns at
# the whole of it spares two threads a hundred changes a week, each of which puts a core to sleep and wakes it up. These
# are manners and keep nothing safe: whoever has waited for a second goes on.
_TURN = threading.RLock()


class CohesionModel(mesa.Model):  # type: ignore[misc]
    """A municipality with or without a programme.

    Parameters
    ----------
    scenario
        Name of a built-in scenario, path of a scenario file, or a `Scenario`.
    programme
        Name of one of the scenario's programmes, a `Programme`, or "nothing".
    rng
        The seed: a whole number gives the same run everywhere. A generator, or nothing, gives a seed drawn from it.
    weeks
        How long to run; the scenario's own number when not given.
    start
        A `Municipality` built earlier for the same scenario and seed, to share between arms.
    offered
        By label of the programme, whom that intervention may invite at all, (n,) each; everybody when not given.
        This is how a trial assigns people, households or villages inside one municipality.
    **facts
        Numbers of the scenario by path, as ``**{"contact.gain": 0.2}`` (in Mesa's ``batch_run``: parameters).

    Raises
    ------
    InputError
        If the scenario, programme or a fact is not known or not allowed.
    """

    def __init__(
        self,
        scenario: str | Path | Scenario = "zhazy",
        programme: str | Programme = "nothing",
        *,
        rng: Any = None,
        weeks: int | None = None,
        start: Municipality | None = None,
        offered: Mapping[str, NDArray[np.bool_]] | None = None,
        **facts: Any,
    ) -> None:
        if weeks is not None:
            weeks = whole("weeks", weeks, 1, MOST_WEEKS)
        if isinstance(rng, int | float | np.number):
            rng = whole("rng", rng, 0, MOST_SEED)
        super().__init__(rng=rng)
        if not isinstance(scenario, Scenario):
            scenario = files.load_scenario(scenario)
        if facts:
            scenario = files.with_values(scenario, facts)
        self.seed = rng if isinstance(rng, int) else int(self.rng.integers(MOST_SEED))
        self.scenario = scenario
        self.programme = find_programme(scenario, programme)
        self.weeks = scenario.weeks if weeks is None else weeks
        self.week = 0
        if start is not None and not (start.seed == self.seed and same_place(start.scenario, scenario)):
            raise InputError("start: was built for another scenario or seed. Leave it out, or give the same ones")
        self.start = municipality.build(scenario, self.seed) if start is None else start
        self.state = fresh(self.start)
        self.record = Record(self.start, self.weeks)
        self._abroad, self._visited = False, False  # the season's migrants, and whether some came home in it
        self.running = self.weeks > 0
        self.datacollector = WeeklyCollector(self)
        self._actors = [(f"shock/{label}", actor) for label, actor in scenario.shocks.items()]
        self._actors += [(label, actor) for label, actor in self.programme.interventions.items()]
        # Programmes and shocks have scopes of their own: no label can share the numbers of a rule or of the other kind.
        self._luck = {label: Luck(self.seed, f"actor/{label}", self.start.people.key) for label, _ in self._actors}
        self._offered = dict(offered or {})
        self._open_views()
        self._rates = _Rates(scenario)
        self._setting = _setting(self.start, self._rates)
        self._room = _room(self._setting)
        self._rows: list[mesa.Agent] | None = None
        self.done: list[tuple[str, Activities]] = []  # this week's activities by label, for whoever looks on

    # -- the week ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let one week pass: everybody reads the state of the week's start."""
        if not self.running:
            return
        self._calendar()
        channels.clear(self.state, self.start)
        turn = _TURN.acquire(timeout=1.0)
        try:
            done = self.done = self._activities()  # shocks and programme
            asked = channels.carry_out(done, self._luck, self.week, self.start, self.state)
            self._come_home(asked)
        finally:
            if turn:
                _TURN.release()
        self._encounters(asked)
        self._disputes(asked)
        self._institutions()
        self._marriages()
        self.record.week(self.state)
        self.week += 1
        self.running = self.week < self.weeks

    def _activities(self) -> list[tuple[str, Activities]]:
        """Ask every shock and every intervention what it does this week."""
        done = []
        for label, actor in self._actors:
            view = self._views[label]
            view.turn_to(self.week, self.state.enrolled.get(label))
            activities = actor.act(self.week, view, self._luck[label])
            if activities is not NOTHING:
                done.append((label, activities))
        return done

    def _calendar(self) -> None:
        """Let people age, and migrants leave and come back with the season."""
        facts, now = self.scenario.people, week_of_year(self.start, self.week)
        np.add(self.start.people.age, f32(self.week / WEEKS_A_YEAR), out=self.state.age)
        if self.week % int(WEEKS_A_YEAR) == 0:
            self.state.witnessed[:] = False
        first, last = facts.away_from, facts.away_until
        abroad = first <= now < last if first <= last else now >= first or now < last
        if abroad != self._abroad or self._visited:
            self._set_away(self.start.people.migrant & abroad)
            self._abroad, self._visited = abroad, False

    def _set_away(self, away: NDArray[np.bool_]) -> None:
        if not np.array_equal(away, self.state.away):
            self.state.away[:] = away
            np.logical_not(away, out=self.state.here)
            encounters.both_here(self.state.here, self.start.ties.first, self.start.ties.second, self.state.present)

    def _come_home(self, asked: channels.Week) -> None:
        """Let those migrants be at home whom a shock has sent back."""
        if asked.returned:
            away = self.state.away.copy()
            for rows in asked.returned:
                away[rows] = False
            self._set_away(away)
            self._visited = True

    def _encounters(self, asked: channels.Week) -> None:
        """Let people act, meet and influence one another: ties, strangers, leaders, activities."""
        s = self.state
        minds = weeks.Minds(
            s.attitude, s.attitude_next, s.norm, s.norm_next, s.others, s.acts, s.here, s.speaks, s.listens_in, s.voice,
            s.tie_trust, s.present, s.became, s.stranger, s.stranger_how, s.met, s.well, self._room,
        )  # fmt: skip
        weeks.encounters(
            u64(self.seed), _DECISIONS, u32(self.week), self._setting, minds, asked.talks, s.acquaintances,
            s.acquaintance_trust,
        )  # fmt: skip
        s.attitude, s.attitude_next = s.attitude_next, s.attitude
        s.norm, s.norm_next = s.norm_next, s.norm

    def _disputes(self, asked: channels.Week) -> None:
        """Let disputes and youth quarrels arise, be taken up, end or grow."""
        s, m, people = self.state, self.start, self.start.people
        residents = disputes.Residents(
            key=self._setting.key, age=s.age, here=s.here, community=people.community, confession=people.confession,
            village=people.village, attitude=s.attitude, good=s.good, bad=s.bad,
            security=s.security, grievance=s.grievance, skill=s.skill, watched=s.watched, witnessed=s.witnessed,
            duty=s.duty,
        )  # fmt: skip
        network = disputes.Network(
            start=m.ties.start, partner=m.ties.partner, tie=m.ties.tie, kind=m.ties.kind, trust=s.tie_trust,
            adults=m.adults,
        )  # fmt: skip
        factor = channels.season(m, week_of_year(m, self.week)) * asked.pressure
        quarrel = f32(m.disputes.quarrel * factor[disputes.YOUTH])
        seed, week, books = u64(self.seed), u32(self.week), (self.record.events, self.record.kinds, m.groups.cell)
        s.docket.noted[0] = 0
        disputes.arise(
            seed, _ARISE, week, self._room.words[0], self._room.words[1], residents, network, s.docket, m.disputes,
            m.hazards * factor, quarrel, s.excitation, m.adults_in, m.violent, s.channel, *books,
        )  # fmt: skip
        for first, second, kind, level in asked.incidents:
            disputes.incident(
                first, second, DISPUTE_KINDS.index(kind), level, seed, _INCIDENT, week, residents, network, s.docket,
                m.disputes, s.excitation, s.channel, *books,
            )  # fmt: skip
        disputes.end(
            seed, _END, week, residents, network, s.docket, m.disputes, s.excitation, m.violent, float(s.centre),
            s.channel, *books,
        )  # fmt: skip
        if s.docket.size[0] == s.docket.first.size:
            raise InputError("disputes: more are open than people live here; lower registered or true_ratio")

    def _institutions(self) -> None:
        """Let trust, security, grievance, skill and participation find their way back or go on."""
        s, r = self.state, self._rates
        trust.week(
            s.good, s.bad, s.good_start,
            s.bad_start, r.forget, s.security, self.start.security_rest, s.grievance,
            self.start.grievance_rest, r.recover, s.skill, r.skill_decay, s.participation,
            s.busy, s.acts,
        )  # fmt: skip
        s.channel *= 1.0 - r.channel_decay
        s.approval += r.return_rate * (self.start.people.approval - s.approval)

    def _marriages(self) -> None:
        """Let girls of 14 to 17 be married or stay at school."""
        s, m, facts, r = self.state, self.start, self.scenario.marriage, self._rates
        wedded = np.empty(m.girls.size, np.int32)
        count = marriage.week(
            u64(self.seed), _MARRIAGE, u32(self.week), self._setting.key, m.girls, s.age, s.married,
            m.people.household, s.listens_in, m.people.leaders, s.belief, s.approval, facts.approval,
            facts.belief_weight, facts.norm_weight, r.early, r.late, facts.incentive, s.paid, facts.rite,
            facts.evasion, s.refusal, facts.refusal, wedded,
        )  # fmt: skip
        np.add.at(self.record.events[:, MARRIAGES], m.groups.cell[wedded[:count]], 1)

    # -- what Mesa users expect -------------------------------------------------------------------------------------

    def run_model(self) -> None:
        """Run to the last week."""
        while self.running:
            self.step()

    @property
    def agents(self) -> Any:
        """All residents as Mesa agents, made when first asked for.

        They show the model and have no `step` of their own: `CohesionModel.step` moves everybody.
        """
        self._make_agents()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """Agents by class: `Resident`, `Official`, `ReligiousLeader`, `Activist`."""
        self._make_agents()
        return super().agents_by_type

    @property
    def agent_types(self) -> Any:
        """The classes of agents that live here."""
        self._make_agents()
        return super().agent_types

    def agent(self, row: int) -> Resident:
        """Return the agent of a row of the population's arrays.

        Raises
        ------
        InputError
            If nobody has that row.
        """
        row = whole("row", row, 0, self.start.people.n - 1)
        self._make_agents()
        assert self._rows is not None
        return self._rows[row]

    @property
    def scenario(self) -> Scenario:
        """The scenario. Mesa 3.5 and later have a property of this name that writes into what it is given."""
        return self._scenario

    @scenario.setter
    def scenario(self, scenario: Scenario | None) -> None:
        if scenario is not None:
            self._scenario = scenario

    def _make_agents(self) -> None:
        if getattr(self, "_rows", self) is None:
            self._rows = []  # first, so that Mesa's own registration does not come back here
            self._rows = [AGENTS[role](self, row) for row, role in enumerate(self.start.people.role.tolist())]

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs: all but the views, which are windows on the arrays of this model."""
        return {name: value for name, value in self.__dict__.items() if name != "_views"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a copy's state and open its windows again."""
        self.__dict__.update(state)
        self._open_views()

    def _open_views(self) -> None:
        """Give every shock and intervention its windows on the residents."""
        self._views = {label: View(self.start, self.state, self._offered.get(label)) for label, _ in self._actors}

    def frame(self) -> pd.DataFrame:
        """Return all measures so far, week by week and by group."""
        return self.record.frame()


def find_programme(scenario: Scenario, programme: str | Programme) -> Programme:
    """Return a programme of the scenario by its name; "nothing" is the empty one.

    Raises
    ------
    InputError
        If the scenario has no programme of that name.
    """
    if isinstance(programme, Programme):
        return programme
    if programme == "nothing":
        return Programme(name="nothing")
    if programme not in scenario.programmes:
        known = [*scenario.programmes, "nothing"]
        raise InputError(
            f"programme: {scenario.name} has no programme '{programme}'{nearest(programme, known)}"
        )
    return scenario.programmes[programme]


def same_place(one: Scenario, other: Scenario) -> bool:
    """Return whether two scenarios describe the same municipality; their programmes may differ."""
    apart = {"programmes", "provenance", "sources", "text", "weeks", "trial"}
    return one is other or all(
        getattr(one, field.name) == getattr(other, field.name) for field in fields(Scenario) if field.name not in apart
    )


def _room(setting: weeks.Setting) -> weeks.Room:
    """Return the room that a setting needs."""
    n, houses = setting.key.size, max(1, setting.leaders.size)
    return weeks.Room(
        words=np.empty((4, n), u32),
        attends=np.empty(n, u32),
        tie_words=np.empty((4, setting.tie_key.size), u32),
        across_words=np.empty((4, setting.across_key.size), u32),
        turn=np.empty(setting.place_size.size, np.int32),
        heard=np.zeros((houses, LANES), f32),
        calls=np.zeros(houses, np.bool_),
    )


def _setting(start: Municipality, r: _Rates) -> weeks.Setting:
    """Return what stays the same in the encounters of a run."""
    people, ties, lanes = start.people, start.ties, np.arange(LANES)
    strange = (lanes < len(people.community_names)) & (lanes != people.community[people.leaders][:, None])
    return weeks.Setting(
        key=people.key.astype(u32), community=people.community, weights=start.out_weights, anchor=start.anchor,
        leaders=people.leaders, strange=strange, chance=start.chance, first=ties.first, second=ties.second,
        across=start.across, place_start=start.places.start,
        place_size=start.places.size, place_member=start.places.member, **start.circles._asdict(),
        tie_key=np.arange(max(1, -(-ties.m // 4)), dtype=u32),
        across_key=np.arange(-(-start.across.size // 4), dtype=u32), contact=start.contact, norms=start.norms,
        spread=start.spread, steps=encounters.contact_steps(start.contact, start.spread), near=r.near,
        return_rate=r.return_rate, stranger_chance=r.stranger_chance, stranger_weight=r.stranger_weight,
        attendance=r.attendance, leader_weight=r.leader_weight, pull=r.pull, confidence=r.confidence,
        across_share=r.across, acquaintance_chance=r.acquaintance_chance,
        acquaintances_enough=r.acquaintances_enough, acquaintance_weight=r.acquaintance_weight,
    )  # fmt: skip


class _Rates:
    """Numbers of the scenario in the form in which the weekly rules use them."""

    def __init__(self, scenario: Scenario) -> None:
        influence, ties, facts = scenario.influence, scenario.ties, scenario.disputes
        self.return_rate = f32(weekly(influence.half_life))
        self.pull, self.confidence = f32(influence.pull), f32(influence.confidence)
        self.near = encounters.nearness(self.confidence)
        self.across, self.attendance = f32(influence.across), f32(influence.attendance)
        self.leader_weight = self.pull * f32(influence.leader)
        self.stranger_chance = f32(ties.stranger.chance)
        stranger = self.pull * f32(ties.stranger.closeness)
        self.stranger_weight = np.array([0, stranger, stranger * self.across, stranger * self.across], f32)
        self.acquaintance_chance = f32(ties.acquaintance.chance)
        self.acquaintances_enough = f32(ties.acquaintance.number)
        self.acquaintance_weight = f32(ties.acquaintance.closeness)
        self.forget = f32(weekly(scenario.institutions.memory))
        self.recover = f32(weekly(scenario.institutions.recovery))
        self.skill_decay = f32(weekly(scenario.skills.half_life))
        self.channel_decay = weekly(facts.channel_half_life)
        late = scenario.marriage.late
        year = scenario.marriage.hazard * 2  # two of the four years each get their part
        self.early = year * (1 - late) / WEEKS_A_YEAR
        self.late = year * late / WEEKS_A_YEAR


class WeeklyCollector(mesa.DataCollector):  # type: ignore[misc]
    """Mesa's data collector over the record the model keeps anyway: a value a week, all residents."""

    def __init__(self, model: CohesionModel) -> None:
        super().__init__()
        self._model = model

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """Values by measure, one a week."""
        if not hasattr(self, "_model"):
            return {}
        table = self._model.record.table()[:, 0, :]
        return {name: table[:, k].tolist() for k, name in enumerate(measures.MEASURES)}

    @model_vars.setter
    def model_vars(self, value: dict[str, list[float]]) -> None:
        """Accept Mesa's own empty start; the record is the only place where values are kept."""

    @property
    def _collection_steps(self) -> list[int]:
        """Weeks recorded, as Mesa 3.5's ``batch_run`` asks for them."""
        return list(range(1, self._model.record.weeks + 1)) if hasattr(self, "_model") else []

    @_collection_steps.setter
    def _collection_steps(self, value: list[int]) -> None:
        """Accept Mesa's own empty start."""

    def collect(self, model: CohesionModel) -> None:
        """Do nothing: every week is recorded as it passes."""

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """Return a frame of all measures, one row a week."""
        import pandas as pd

        return pd.DataFrame(self.model_vars)


class Resident(mesa.Agent):  # type: ignore[misc]
    """One resident: a view of one row. Properties are read from the model as it is now."""

    def __init__(self, model: CohesionModel, row: int) -> None:
        super().__init__(model)
        self.row = row

    @property
    def age(self) -> float:
        """Age in years."""
        return float(self.model.state.age[self.row])

    @property
    def sex(self) -> str:
        """Either "woman" or "man" (girls and boys too)."""
        return "woman" if self.model.start.people.female[self.row] else "man"

    @property
    def village(self) -> str:
        """Key of the village."""
        people = self.model.start.people
        return str(people.village_names[people.village[self.row]])

    @property
    def quarter(self) -> int:
        """Number of the quarter."""
        return int(self.model.start.people.quarter[self.row])

    @property
    def household(self) -> int:
        """Number of the household."""
        return int(self.model.start.people.household[self.row])

    @property
    def community(self) -> str:
        """Key of the community."""
        people = self.model.start.people
        return str(people.community_names[people.community[self.row]])

    @property
    def role(self) -> str:
        """One of `population.ROLES`."""
        return ROLES[self.model.start.people.role[self.row]]

    @property
    def attitude(self) -> float:
        """Attitude to the other communities, 0-1, weighted by their size."""
        m, row = self.model.start, slice(self.row, self.row + 1)
        return float(
            attitude_to_others(self.model.state.attitude[row], m.people.community[row], m.out_weights)[0]
        )

    @property
    def attitudes(self) -> dict[str, float]:
        """Attitude to each community, 0-1."""
        names = self.model.start.people.community_names
        return dict(zip(names, self.model.state.attitude[self.row].tolist(), strict=False))

    @property
    def norm(self) -> float:
        """Perceived norm, 0-1."""
        return float(self.model.state.norm[self.row])

    @property
    def trust(self) -> float:
        """Trust in local self-government, 0-1."""
        state = self.model.state
        return float(trust.expected.py_func(state.good[self.row], state.bad[self.row]))

    @property
    def security(self) -> float:
        """Felt security, 0-1."""
        return float(self.model.state.security[self.row])

    @property
    def grievance(self) -> float:
        """Grievance, 0-1."""
        return float(self.model.state.grievance[self.row])

    @property
    def skill(self) -> float:
        """Mediation skill, 0-1."""
        return float(self.model.state.skill[self.row])

    @property
    def participation(self) -> float:
        """How active in public life lately, 0-1."""
        return float(self.model.state.participation[self.row])

    @property
    def away(self) -> bool:
        """Whether abroad for work this week."""
        return bool(self.model.state.away[self.row])

    @property
    def married(self) -> bool:
        """Whether married before 18 in this run."""
        return bool(self.model.state.married[self.row])

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages spoken well."""
        names = self.model.start.people.language_names
        spoken = int(self.model.state.speaks[self.row])
        return tuple(name for bit, name in enumerate(names) if spoken >> bit & 1)

    @property
    def neighbours(self) -> NDArray[np.int32]:
        """Rows of everyone this resident has a tie with."""
        ties = self.model.start.ties
        return ties.partner[ties.start[self.row] : ties.start[self.row + 1]]


class Official(Resident):
    """A resident who serves the municipality: staff, council, village head."""


class ReligiousLeader(Resident):
    """A resident who leads a mosque, church or prayer house."""


class Activist(Resident):
    """A resident of the women's council, youth committee, elders' court, or an active teacher."""


AGENTS = (Resident, Official, ReligiousLeader, Activist)
"""Agent class of each role in `population.ROLES`."""

__all__ = [
    "DISPUTE_KINDS",
    "Activist",
    "CohesionModel",
    "Official",
    "ReligiousLeader",
    "Resident",
    "find_programme",
]
