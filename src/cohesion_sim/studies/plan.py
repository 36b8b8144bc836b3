"""The plan of an experiment: its file and every mistake in it, its points, each looked at before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cohesion_sim import files
from cohesion_sim.experiment import REPLICATIONS, Experiment
from cohesion_sim.fields import RefusedError, show
from cohesion_sim.layers import Place
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import design
from cohesion_sim.studies.runs import Plan

__all__ = ["Plan", "load_experiment", "plan"]

MOST_RUNS = 10_000_000
TOLD = 20  # messages about points; more are counted


def load_experiment(name_or_path: str | Path) -> Experiment:
    """Return the experiment of a file, or of one that comes with the package.

    Raises
    ------
    InputError
        With every mistake, one a line: of the file, of its scenarios, and of every point that a scenario refuses.
    """
    return plan(name_or_path).experiment


def plan(experiment: str | Path | Experiment) -> Plan:
    """Return the plan of an experiment or its file; nothing is run.

    Raises
    ------
    InputError
        As `load_experiment`.
    """
    made: list[Plan] = []

    def problems(found: Experiment) -> Iterator[tuple[Place, str]]:
        yield from _problems(found, made)

    if isinstance(experiment, Experiment):
        told = [f"{'.'.join(place)}: {words}" for place, words in problems(experiment)]
        if told:
            raise InputError(*told)
    else:
        files.load_design(experiment, Experiment, problems)
    return made[0]


def _problems(experiment: Experiment, made: list[Plan]) -> Iterator[tuple[Place, str]]:
    """Yield place and words of everything that does not fit; when nothing is wrong, the plan is put into ``made``."""
    found = list(_entries(experiment))
    scenarios: dict[str, Scenario] = {}
    for name in experiment.scenarios:
        try:
            scenarios[name] = files.scenario_beside(experiment.folder, name)
        except InputError as error:
            found += [(("scenarios",), message) for message in error.messages]
    found += _programmes(experiment, scenarios)
    axes: dict[str, list[design.Axis]] = {name: [] for name in scenarios}
    for path, place, entry in design.leaves(experiment.vary):
        for name, scenario in scenarios.items():
            try:
                axes[name].append(design.axis(scenario, path, entry))
            except RefusedError as error:
                found.append((("vary", *place), str(error)))
    found += _one_thing_twice(experiment, scenarios)
    if not found:
        found += _too_many(experiment, axes)
    if not found:
        paths = [path for path, _, _ in design.leaves(experiment.vary)]
        laid = {name: design.rows(experiment, axes[name]) for name in scenarios}
        made.append(Plan(experiment, scenarios, design.frame(list(scenarios), paths, laid)))
        found += _points(made[0])
    yield from dict.fromkeys(found)


def _entries(experiment: Experiment) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with the entries themselves."""
    if not experiment.question.strip():
        yield ("question",), 'the question is empty. Write question = "…", what is to be found out'
    for name in ("scenarios", "programmes"):
        given = getattr(experiment, name)
        for one in dict.fromkeys(one for one in given if given.count(one) > 1):
            yield (name,), f"'{one}' stands twice. Write it once"
    if not experiment.scenarios:
        yield ("scenarios",), 'no scenario is named. Write scenarios = ["zhazy"]'
    for name in experiment.keep.measures:
        if name not in MEASURES:
            yield ("keep", "measures"), f"no measure is called '{name}'{nearest(name, MEASURES)}. Correct it"
    if not experiment.keep.by:
        yield ("keep", "by"), 'no group is named. Write by = ["all"]'
    if experiment.design in design.POWERS and experiment.points & (experiment.points - 1):
        near = 1 << experiment.points.bit_length()
        words = f"{experiment.points} is no power of two, which {experiment.design} needs. Write points = {near}"
        yield ("points",), words
    if experiment.design != "grid" and not design.moving(experiment):
        yield ("design",), f"{experiment.design} has nothing to sample. Add a section [vary], or remove design"
    yield from _until(experiment)


def _until(experiment: Experiment) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with the section [until]."""
    until = experiment.until
    if until is None:
        return
    if experiment.replications is not None:
        yield ("replications",), "[until] decides how many there are. Remove this line, or the section [until]"
    if until.effect not in MEASURES:
        yield ("until", "effect"), f"no measure is called '{until.effect}'{nearest(until.effect, MEASURES)}. Correct it"
    elif experiment.keep.measures and until.effect not in experiment.keep.measures:
        yield ("keep", "measures"), f"lacks '{until.effect}', which [until] looks at. Add it"
    if "all" not in experiment.keep.by:
        yield ("keep", "by"), '[until] looks at all residents. Add "all"'
    if not [name for name in experiment.programmes if name != "nothing"]:
        yield ("until",), "there is no programme whose effect could be looked at. Name one in programmes"
    elif until.programme and until.programme not in experiment.programmes:
        words = f"'{until.programme}' is not run{nearest(until.programme, experiment.programmes)}. Correct it"
        yield ("until", "programme"), words
    if until.at_most < until.at_least:
        yield ("until", "at_most"), f"is below at_least. Write at_most = {until.at_least} or more"


def _programmes(experiment: Experiment, scenarios: Mapping[str, Scenario]) -> Iterator[tuple[Place, str]]:
    """Yield the programmes that a scenario does not have."""
    for scenario in scenarios.values():
        for name in experiment.programmes:
            if name != "nothing" and name not in scenario.programmes:
                known = [one for one in scenario.programmes if one != "nothing"]
                yield ("programmes",), f"{scenario.name} has no programme '{name}'{nearest(name, known)}. Correct it"


def _one_thing_twice(experiment: Experiment, scenarios: Mapping[str, Scenario]) -> Iterator[tuple[Place, str]]:
    """Yield what varies without being felt, since something else in the file decides it."""
    if experiment.weeks is not None and "weeks" in experiment.vary:
        yield ("weeks",), "weeks stand under [vary] too. Remove this line, or that one"
    for name, scenario in scenarios.items():
        named: dict[tuple[str, ...], str] = {}
        for path, place, _ in design.leaves(experiment.vary):
            try:
                places = files.places_of(scenario, path)
            except RefusedError:
                continue  # told already
            first = next((named[one] for one in places if one in named), path)
            if first != path:
                yield ("vary", *place), f"{path} and {first} are the same number of {name}. Remove one of them"
            named |= dict.fromkeys(places, path)


def _too_many(experiment: Experiment, axes: Mapping[str, Sequence[design.Axis]]) -> Iterator[tuple[Place, str]]:
    """Yield that there are more points than can be looked through."""
    points = sum(design.size(experiment, found) for found in axes.values())
    if points > design.MOST_POINTS:
        mend = "Write fewer values or a sampled design"
        yield ("vary",), f"makes {points:,} points; {design.MOST_POINTS:,} are allowed. {mend}"
        return
    until = experiment.until
    most = until.at_most if until is not None else experiment.replications or REPLICATIONS
    if points * most > MOST_RUNS:
        mend = "Write fewer replications or points"
        yield ("scenarios",), f"makes {points * most:,} runs; {MOST_RUNS:,} are allowed. {mend}"


def _points(made: Plan) -> list[tuple[Place, str]]:
    """Return every point that its scenario refuses."""
    found: list[tuple[Place, str]] = []
    for point in range(len(made.points)) if made.paths else ():
        values = made.values(point)
        try:
            files.with_values(made.scenarios[made.points["scenario"].iloc[point]], values)
        except InputError as error:
            at = ", ".join(f"{path} = {show(value)}" for path, value in values.items())
            found += [(("vary",), f"point {point} ({at}): {message}. Change what varies") for message in error.messages]
    more = len(found) - TOLD
    if more > 0:
        found = [*found[:TOLD], (("vary",), f"and {more} more such messages. Change what varies")]
    return found
