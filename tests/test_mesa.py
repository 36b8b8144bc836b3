"""What a Mesa user expects of a model and its agents, on every Mesa the package admits (3.3 to 4)."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable

import mesa
import numpy as np
import pytest

from cohesion_sim.model import Activist, CohesionModel, Official, ReligiousLeader, Resident
from cohesion_sim.municipality import Municipality
from cohesion_sim.parameters import InputError
from cohesion_sim.population import ROLES
from cohesion_sim.scenario import Programme, Scenario

Same = Callable[[CohesionModel, CohesionModel], list[str]]


@pytest.fixture
def model(small: Scenario, small_town: Municipality) -> CohesionModel:
    return CohesionModel(small, "project", rng=1, weeks=12, start=small_town)


# ------------------------------------------------------------------------------- running
def test_it_is_a_mesa_model_that_steps_and_ends(model: CohesionModel) -> None:
    assert isinstance(model, mesa.Model)
    assert model.running
    assert model.week == 0
    model.step()
    assert model.week == 1
    while model.running:
        model.step()
    assert model.week == 12
    before = model.state.attitude.tobytes()
    model.step()  # a step after the end is no week
    assert model.week == 12
    assert model.state.attitude.tobytes() == before


def test_run_model_runs_to_the_scenarios_end(small: Scenario) -> None:
    model = CohesionModel(small, rng=1)
    assert model.weeks == small.weeks
    model.run_model()
    assert not model.running
    assert model.week == small.weeks


def test_scenario_and_programme_by_name_file_or_object(small: Scenario, tmp_path: object) -> None:
    assert CohesionModel("yuryevka", "project", rng=1, weeks=1).programme.name == "project"
    assert CohesionModel("yuryevka", rng=1, weeks=1).programme == Programme(name="nothing")
    assert CohesionModel(small, small.programmes["competition"], rng=1, weeks=1).programme.name == "competition"
    changed = CohesionModel(small, rng=1, weeks=1, **{"contact.gain": 0.2, "people.size": 500})
    assert changed.scenario.contact.gain == 0.2
    assert changed.start.people.n == 500


def test_mistakes_are_told_in_words(small: Scenario) -> None:
    with pytest.raises(InputError, match="did you mean 'project'"):
        CohesionModel(small, "projct", rng=1)
    with pytest.raises(InputError, match="gain"):
        CohesionModel(small, rng=1, **{"contact.gian": 0.2})
    with pytest.raises(InputError, match="Write a whole number from 0"):
        CohesionModel(small, rng=-1)


def test_the_seed_may_be_a_number_a_generator_or_nothing(
    small: Scenario, small_town: Municipality, same_bytes: Same
) -> None:
    assert CohesionModel(small, rng=np.int64(7), weeks=1).seed == 7
    one, two = (CohesionModel(small, rng=np.random.default_rng(3), weeks=2) for _ in range(2))
    assert one.seed == two.seed
    one.run_model()
    two.run_model()
    assert same_bytes(one, two) == []
    free = [CohesionModel(small, weeks=1).seed for _ in range(2)]
    assert free[0] != free[1]


# ------------------------------------------------------------------------------- agents
def test_a_run_makes_no_agents_nobody_asked_for(model: CohesionModel) -> None:
    model.run_model()
    assert model._rows is None
    assert len(model.agents) == 600
    assert model._rows is not None
    assert model.agents is not None
    assert len(model.agents) == 600  # asking twice makes nobody twice


def test_agents_come_by_type(model: CohesionModel) -> None:
    by_type = model.agents_by_type
    assert set(by_type) == {Resident, Official, ReligiousLeader, Activist}
    counts = np.bincount(model.start.people.role, minlength=len(ROLES))
    for kind, role in zip((Resident, Official, ReligiousLeader, Activist), range(4), strict=True):
        assert len(by_type[kind]) == counts[role]
        assert all(agent.role == ROLES[role] for agent in by_type[kind])
    assert set(model.agent_types) == set(by_type)
    assert all(issubclass(kind, mesa.Agent) for kind in by_type)


def test_agents_can_be_selected_grouped_and_aggregated(model: CohesionModel) -> None:
    model.step()
    girls = model.agents.select(lambda a: a.sex == "woman" and 14 <= a.age < 18)
    p = model.start.people
    age = model.state.age
    assert {a.row for a in girls} == set(np.flatnonzero(p.female & (age >= 14) & (age < 18)).tolist())
    officials = model.agents.select(agent_type=Official)
    assert len(officials) == (p.role == 1).sum()
    assert model.agents.agg("age", np.mean) == pytest.approx(float(age.mean()), abs=1e-4)
    groups = model.agents.groupby("community")
    assert {name: len(agents) for name, agents in groups} == {
        name: int((p.community == k).sum()) for k, name in enumerate(p.community_names) if (p.community == k).any()
    }


def test_an_agent_is_a_window_on_its_row(model: CohesionModel) -> None:
    agent, p = model.agent(17), model.start.people
    assert agent.row == 17
    assert agent.model is model
    before = agent.attitudes
    model.run_model()
    assert agent.attitudes != before  # the same agent sees the week as it is now
    state = model.state
    assert agent.age == float(state.age[17])
    assert agent.household == p.household[17]
    assert agent.quarter == p.quarter[17]
    assert agent.village == p.village_names[p.village[17]]
    assert agent.community == p.community_names[p.community[17]]
    assert agent.attitudes[agent.community] == pytest.approx(float(state.attitude[17, p.community[17]]))
    assert agent.attitude == pytest.approx(
        float(model.start.out_weights[p.community[17]] @ state.attitude[17]), abs=1e-6
    )
    assert agent.trust == pytest.approx((state.good[17] + 1) / (state.good[17] + state.bad[17] + 2), rel=1e-6)
    for name in ("norm", "security", "grievance", "skill", "participation"):
        assert getattr(agent, name) == float(getattr(state, name)[17])
    assert isinstance(agent.away, bool)
    assert isinstance(agent.married, bool)
    assert agent.sex in ("woman", "man")
    assert set(agent.languages) <= set(p.language_names)
    assert 17 in model.agent(int(agent.neighbours[0])).neighbours


def test_every_property_can_be_collected(model: CohesionModel) -> None:
    names = [
        name for name, value in inspect.getmembers(Resident) if isinstance(value, property) and name in vars(Resident)
    ]
    assert {"age", "attitude", "trust", "norm", "community"} <= set(names)
    table = model.agents.get(names)
    assert len(table) == 600
    assert len(table[0]) == len(names)


# ------------------------------------------------------------------------------- data
def test_the_data_collector_gives_every_measure_every_week(model: CohesionModel) -> None:
    model.run_model()
    frame = model.datacollector.get_model_vars_dataframe()
    mine = model.frame().query("by == 'all'").reset_index(drop=True)
    assert len(frame) == 12
    for name in frame:
        assert np.array_equal(frame[name].to_numpy(), mine[name].to_numpy(), equal_nan=True), name
    model.datacollector.collect(model)
    assert len(model.datacollector.get_model_vars_dataframe()) == 12  # a viewer's collect adds nothing


def test_a_collector_of_ones_own_works_beside_it(model: CohesionModel) -> None:
    collector = mesa.DataCollector(model_reporters={"week": "week", "seed": lambda m: m.seed})
    for _ in range(3):
        model.step()
        collector.collect(model)
    assert collector.get_model_vars_dataframe()["week"].tolist() == [1, 2, 3]


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="this Mesa has no batch_run")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::PendingDeprecationWarning")
def test_mesas_own_batch_run_takes_scenario_programme_and_facts(small: Scenario) -> None:
    parameters = {"scenario": [small], "programme": ["nothing", "project"], "weeks": [9], "contact.gain": [0.05, 0.2]}
    rng = {"rng": [1, 2]} if "rng" in inspect.signature(mesa.batch_run).parameters else {}
    if not rng:
        parameters["rng"] = [1, 2]
    results = mesa.batch_run(
        CohesionModel,
        parameters=parameters,
        number_processes=1,
        data_collection_period=-1,
        display_progress=False,
        **rng,
    )
    assert len(results) == 8
    for row in results:
        alone = CohesionModel(
            small,
            row["programme"],
            rng=row.get("rng", row.get("seed")),
            weeks=9,
            **{"contact.gain": row["contact.gain"]},
        )
        alone.run_model()
        last = alone.datacollector.get_model_vars_dataframe().iloc[-1]
        assert row["attitude"] == last["attitude"]
        assert row["cohesion"] == last["cohesion"]
    assert len({row["attitude"] for row in results}) == 8


# ------------------------------------------------------------------------------- copies
@pytest.mark.parametrize("weeks", [0, 1, 7])  # before, during and after the first activities
@pytest.mark.parametrize("agents", [False, True])
def test_a_pickled_model_goes_on_identically(model: CohesionModel, weeks: int, agents: bool, same_bytes: Same) -> None:
    for _ in range(weeks):
        model.step()
    if agents:
        assert len(model.agents) == 600
    twin = pickle.loads(pickle.dumps(model))
    assert twin.week == weeks
    assert same_bytes(model, twin) == []
    assert len(twin.agents) == 600
    assert twin.agent(3).model is twin
    model.run_model()
    twin.run_model()
    assert same_bytes(model, twin) == []
    assert twin.agent(3).age == model.agent(3).age
    assert twin.datacollector.get_model_vars_dataframe().equals(model.datacollector.get_model_vars_dataframe())


def test_a_deep_copy_is_a_run_of_its_own(model: CohesionModel, same_bytes: Same) -> None:
    model.step()
    twin = copy.deepcopy(model)
    twin.run_model()
    assert model.week == 1
    model.run_model()
    assert same_bytes(model, twin) == []


def test_two_models_live_side_by_side(small: Scenario, small_town: Municipality, same_bytes: Same) -> None:
    def new(programme: str) -> CohesionModel:
        return CohesionModel(small, programme, rng=1, weeks=8, start=small_town)

    alone = [new("nothing"), new("project")]
    for one in alone:
        one.run_model()
    together = [new("nothing"), new("project")]
    while together[0].running:
        for one in together:
            one.step()
    assert [same_bytes(a, b) for a, b in zip(alone, together, strict=True)] == [[], []]
    assert together[0].agent(5).model is together[0]
    assert together[1].agent(5).model is together[1]
    assert len(together[0].agents) == len(together[1].agents) == 600


def test_asking_for_agents_changes_nothing(small: Scenario, small_town: Municipality, same_bytes: Same) -> None:
    models = [CohesionModel(small, "project", rng=1, weeks=8, start=small_town) for _ in range(2)]
    assert len(models[0].agents.select(lambda a: a.age > 30)) > 0
    for model in models:
        model.run_model()
    assert same_bytes(*models) == []
