"""What may be chosen on the page: places, programmes, some numbers of a programme, shocks; and what is asked of it.

Everything that comes from a page passes through here before anything is run: names must be known, numbers lie within
limits that hold for files and within those of the page, which are narrower, so that no wish exhausts the computer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any

from cohesion_sim import files
from cohesion_sim.activities import Activities, Draws, PeopleView
from cohesion_sim.fields import RefusedError, admit, hints, shape
from cohesion_sim.model import find_programme
from cohesion_sim.parameters import Choice, InputError, nearest, whole
from cohesion_sim.scenario import Economy, Programme, Scenario

if TYPE_CHECKING:
    from cohesion_sim.workshop.shelf import Shelf

MOST_SEED_SHOWN = 2**53 - 1
"""The largest whole number that a browser writes."""
MOST_EARLIER = 24
"""Earlier changes of one viewer that are remembered."""

SIZE = ("seats", "clubs", "projects", "rounds", "households", "learners", "workers", "leaders", "members", "organisers")
OFTEN = ("every", "sessions", "days")
MIXED = ("mixing", "balance")
"""Fields of kinds that the page offers: how large, how often, how mixed; of each row the first that a kind has."""
_LONGEST = 26  # weeks between sessions
_MOST_TIMES = 4  # a number may grow to so many times what the file says

WHAT_IF = "what_if_"
"""How labels of shocks begin that lie ready for a question (scenarios/what_if.toml) and never happen unasked."""


@dataclass(frozen=True, slots=True)
class Control:
    """One number of a programme that may be moved: its name is LABEL.FIELD."""

    name: str
    label: str
    kind: str
    value: float
    low: float
    high: float
    step: float
    unit: str
    meaning: str

    def told(self) -> dict[str, Any]:
        """Return what the page is told."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What one viewer asks for: all of it, so that nothing of a viewer is kept between questions."""

    scenario: str
    programme: str
    seed: int = 1
    changes: tuple[tuple[int, tuple[tuple[str, float], ...]], ...] = ()  # (from week, (name, value)), in their order
    shocks: tuple[tuple[str, int], ...] = ()  # kind, week
    off: bool = False


@dataclass(frozen=True, slots=True)
class Since:
    """An intervention that people change in the course of the programme: until ``week`` the old one acts."""

    week: int
    before: Any
    after: Any

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return what the one whose time it is does."""
        actor = self.before if week < self.week else self.after
        done: Activities = actor.act(week, people, draws)
        return done


# ------------------------------------------------------------------------------------------------ controls


def controls(scenario: Scenario, programme: Programme) -> list[Control]:
    """Return the numbers of a programme that may be moved: how large, how often, and once how mixed."""
    out: list[Control] = []
    for label, actor in programme.interventions.items():
        kind = kind_of(actor)
        rows = (SIZE, OFTEN) if kind not in {"initiative_group", "small_grant", "grant_competition"} else (SIZE,)
        cls: type = type(actor)
        known = hints(cls)
        names = [next((name for name in row if name in known), None) for row in rows]
        if not any(control.name.endswith(MIXED) for control in out):
            names.append(next((name for name in MIXED if name in known), None))
        out += [_control(label, kind, actor, name) for name in names if name is not None]
    return out


def kind_of(actor: Any) -> str:
    """Return the kind of an intervention or shock."""
    return type(actor.after if isinstance(actor, Since) else actor).__module__.rpartition(".")[2]


def _control(label: str, kind: str, actor: Any, name: str) -> Control:
    """Return the control of a field; limits are those of files, narrowed to what a hall may want."""
    cls: type = type(actor)
    form, value = shape(hints(cls)[name]), getattr(actor, name)
    assert form.declared is not None
    low, high = form.declared.low, form.declared.high
    step = 0.1
    if form.plain is int:
        wide = max(value, _LONGEST) if form.declared.unit == "weeks" else max(_MOST_TIMES * value, 12)
        high = min(high, wide)
        step = 5 if high >= 60 else 1
    return Control(f"{label}.{name}", label, kind, value, low, high, step, form.declared.unit, form.declared.meaning)


def shocks_of(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the shocks one may ask about, each with the week that is proposed."""
    week = min(60, max(1, scenario.weeks * 3 // 5))
    ready = [label for label in scenario.shocks if label.startswith(WHAT_IF)]
    return [{"key": label.removeprefix(WHAT_IF), "week": week, "on": False} for label in ready]


# ------------------------------------------------------------------------------------------------ what is asked

KEYS = ("scenario", "programme", "seed", "choices", "from_week", "earlier", "shocks", "off")


def read(body: object, shelf: Shelf) -> Asked:
    """Return what the body of a request asks for.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    if not isinstance(body, Mapping):
        raise InputError("a request is an object with names and values")
    wrong = [f"{name}: not known here" for name in map(str, body) if name not in KEYS]
    name = body.get("scenario", shelf.first)
    scenario = shelf.scenario(name if isinstance(name, str) else str(name)[:40])
    programme = _programme(scenario, body.get("programme"))
    asked = Asked(scenario.name, programme.name)
    try:
        asked = replace(
            asked,
            seed=whole("seed", body.get("seed", 1), 0, MOST_SEED_SHOWN),
            off=_flag("off", body.get("off", False)),
        )
    except InputError as error:
        wrong += error.messages
    found = _changes(scenario, programme, body, wrong)
    shocks = _shocks(scenario, body.get("shocks", {}), wrong)
    if wrong:
        raise InputError(*dict.fromkeys(wrong))
    return replace(asked, changes=found, shocks=shocks)


def _programme(scenario: Scenario, name: object) -> Programme:
    """Return the programme asked for; without a name the project, or the first there is."""
    known = [each for each in scenario.programmes if each != "nothing"]
    if name is None or name == "":
        name = "project" if "project" in known else next(iter(known), "nothing")
    return find_programme(scenario, name if isinstance(name, str) else str(name)[:40])


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{name}: write true or false")
    return value


def _changes(
    scenario: Scenario, programme: Programme, body: Mapping[str, Any], wrong: list[str]
) -> tuple[tuple[int, tuple[tuple[str, float], ...]], ...]:
    """Return all changes of the viewer, the earliest first; the last one is that of ``choices``."""
    earlier = body.get("earlier", [])
    if not isinstance(earlier, list) or len(earlier) > MOST_EARLIER:
        wrong.append(f"earlier: write a list of at most {MOST_EARLIER} changes")
        earlier = []
    known = {control.name: control for control in controls(scenario, programme)}
    out = []
    for change in (*earlier, body):
        if not isinstance(change, Mapping):
            wrong.append("earlier: each change has from_week and choices")
            continue
        chosen = change.get("choices", {})
        if chosen == {}:
            continue
        try:
            week = whole("from_week", change.get("from_week", 0), 0, scenario.weeks)
        except InputError as error:
            wrong += error.messages
            week = 0
        out.append((week, _values(known, chosen, wrong)))
    return tuple(sorted(out, key=lambda change: change[0]))


def _values(known: Mapping[str, Control], chosen: object, wrong: list[str]) -> tuple[tuple[str, float], ...]:
    """Return names and values as the controls admit them, in the order of the names."""
    if not isinstance(chosen, Mapping):
        wrong.append("choices: write names and values")
        return ()
    out = []
    for name in sorted(map(str, chosen)):
        control = known.get(name)
        if control is None:
            wrong.append(f"choices: '{name[:60]}' cannot be moved here{nearest(name[:60], known)}")
            continue
        limits = Choice(control.unit, control.low, control.high, control.meaning)
        hint: Any = Annotated[int, limits] if control.step >= 1 else Annotated[float, limits]
        try:
            out.append((name, admit(hint, chosen[name], name.rpartition(".")[2])))
        except RefusedError as refused:
            wrong.append(f"{name}: {refused}")
    return tuple(out)


def _shocks(scenario: Scenario, given: object, wrong: list[str]) -> tuple[tuple[str, int], ...]:
    """Return kind and week of the shocks that are switched on; week 1 is the first."""
    if not isinstance(given, Mapping):
        wrong.append("shocks: write kinds, each with on and week")
        return ()
    known = {each["key"]: each["week"] for each in shocks_of(scenario)}
    out = []
    for kind in sorted(map(str, given)):
        one = given[kind]
        if kind not in known:
            wrong.append(f"shocks: no '{kind[:60]}' here{nearest(kind[:60], known)}")
        elif not isinstance(one, Mapping):
            wrong.append(f"shocks.{kind}: write on and week")
        else:
            try:
                week = whole(f"shocks.{kind}.week", one.get("week", known[kind]), 1, scenario.weeks)
                if _flag(f"shocks.{kind}.on", one.get("on", False)):
                    out.append((kind, week))
            except InputError as error:
                wrong += error.messages
    return tuple(out)


def made(asked: Asked, shelf: Shelf) -> tuple[Scenario, Programme]:
    """Return the scenario with its shocks, and the programme as it is changed week by week.

    A programme may cost more than the budget: the page shows by how much, as a hall must see what money does.

    Raises
    ------
    InputError
        If something chosen does not fit together.
    """
    scenario = shelf.scenario(asked.scenario)
    planned = now = find_programme(scenario, asked.programme)
    for week, values in asked.changes:
        sets = {f"{asked.programme}.{name}": value for name, value in values}
        after = files.with_values(scenario, {"economy.budget": _any_budget(), **sets}).programmes[asked.programme]
        # Each change names all that is moved by then, so it starts from the file.
        now = replace(planned, interventions=_since(week, now, after))
    if asked.shocks:
        weeks = {f"shocks.{WHAT_IF}{kind}.week": week - 1 for kind, week in asked.shocks}
        scenario = files.with_values(scenario, weeks)
    return scenario, Programme(name="nothing") if asked.off else now


def _any_budget() -> float:
    """Return the highest budget that files admit."""
    declared = shape(hints(Economy)["budget"]).declared
    assert declared is not None
    return declared.high


def _since(week: int, before: Programme, after: Programme) -> dict[str, Any]:
    """Return the interventions of two programmes, the later ones acting from a week on."""
    out = {}
    for label, actor in after.interventions.items():
        old = before.interventions[label]
        out[label] = actor if week == 0 or old == actor else Since(week, old, actor)
    return out
