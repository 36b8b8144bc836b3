"""Tables of files into sections: every field against its declaration, every mistake with its line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cohesion_sim import consistency, consistency_portfolio, consistency_trial, offers
from cohesion_sim.facts import LEGEND, read_fact
from cohesion_sim.fields import (
    RefusedError,
    Shape,
    admit,
    closest,
    hints,
    lacking_entry,
    likely,
    maybe,
    required,
    shape,
    show,
)
from cohesion_sim.kinds import ROOMS, kind_class, kind_files
from cohesion_sim.layers import CATALOGUE, Place, SourceFile, fill, is_fact, stacked
from cohesion_sim.parameters import Choice, Fact, InputError, Provenance, nearest
from cohesion_sim.scenario import AGE_BANDS, Programme, Scenario

TONGUES = ("en", "ru", "ky", "uz")
LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
LOADED = ("name", "provenance", "sources", "text", "folder")  # fields of a whole file that do not stand in it
ROOM_OF = {"interventions": "intervention", "shocks": "shock"}


@dataclass(slots=True)
class Reader:
    """Turns the merged tables of some files into a scenario and gathers every mistake on the way."""

    files: list[SourceFile]
    built_in: Path
    known_sources: Mapping[str, str]
    where: dict[Place, tuple[int, int]] = field(default_factory=dict)  # number of the file, line
    mistakes: list[tuple[int, int, str]] = field(default_factory=list)  # number of the file, line, words
    provenance: dict[str, Provenance] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    misspelt: set[Place] = field(default_factory=set)  # what a wrong name probably meant
    unmade: dict[Place, consistency.Actor] = field(default_factory=dict)
    root: type = Scenario  # what the whole file is
    entries: dict[str, Any] = field(default_factory=dict)  # of all files together

    def scenario(self) -> Scenario:
        """Return the scenario. Raises `InputError` with every mistake."""
        data, self.where = stacked(self.files)
        self.sources = {**self.known_sources, **self.texts(data.get("sources", {}), ("sources",))}
        self.kinds(data.get("kinds", {}))
        self.entries = data
        offers.copied(data, self.where)
        fill(data, self.where)
        given = self.fields(Scenario, data, (), extra=("extends", "kinds", "sources"))
        scenario = Scenario(
            **{
                **given,
                "name": self.files[-1].path.stem,
                "provenance": self.provenance,
                "sources": self.sources,
                "text": self.text(),
            }
        )
        scenario = self.with_table_beside(scenario)
        checks = (consistency_trial.trial_problems, consistency_portfolio.portfolio_problems)
        told = (*consistency.problems(scenario, self.unmade), *(each for check in checks for each in check(scenario)))
        for place, words in told:
            self.wrong(place, words)
        for place, words in consistency.plans(scenario, self.unmade):
            if self.at(place)[0] == len(self.files) - 1:
                self.wrong(place, words)
        if self.mistakes:
            raise InputError(*self.messages())
        return scenario

    def design(self, problems: Callable[[Any], Iterable[tuple[Place, str]]]) -> Any:
        """Return what another file than a scenario describes, an object of ``root``. Raises `InputError`.

        ``problems`` gives place and words of what does not fit together; asked when every entry could be read.
        """
        data, self.where = stacked(self.files)
        self.sources = {**self.known_sources, **self.texts(data.get("sources", {}), ("sources",))}
        given = self.fields(self.root, data, (), extra=("extends", "sources"))
        last = self.files[-1]
        own: dict[str, Any] = {"name": last.path.stem, "folder": last.folder, "text": self.text()}
        own |= {"provenance": self.provenance, "sources": self.sources} if "provenance" in hints(self.root) else {}
        if not self.mistakes:
            design = self.root(**{**given, **own})
            for place, words in problems(design):
                self.wrong(place, words)
        if self.mistakes:
            raise InputError(*self.messages())
        return design

    def with_table_beside(self, scenario: Scenario) -> Scenario:
        """Return the scenario with its trial's table as seen from here; files name it from where they lie."""
        trial = scenario.trial
        if trial is None or not trial.table:
            return scenario
        beside = self.files[self.at(("trial", "table"))[0]].path.parent / trial.table
        return dataclasses.replace(scenario, trial=dataclasses.replace(trial, table=str(beside)))

    def text(self) -> str:
        """Return the files one after another, as the run's record keeps them."""
        return "\n".join(
            f"# ---- {Path(f.called).name}\n{f.document.text.strip()}\n" for f in self.files
        ).replace("\r\n", "\n")

    def messages(self) -> list[str]:
        """Return the mistakes by line, each once, the meaning of the marks only where it comes first."""
        told = list(dict.fromkeys(self.told(*mistake) for mistake in sorted(self.mistakes)))
        first = next((number for number, words in enumerate(told) if LEGEND in words), 0)
        return [*told[: first + 1], *(words.replace(LEGEND, "") for words in told[first + 1 :])]

    def told(self, number: int, line: int, words: str) -> str:
        """Return a mistake as the user reads it."""
        return f"{self.files[number].called}:{line}: {words}"

    def at(self, place: Place) -> tuple[int, int]:
        """Return number of the file and line of a place, or of the closest table around it."""
        for depth in range(len(place), 0, -1):
            if place[:depth] in self.where:
                return self.where[place[:depth]]
        return len(self.files) - 1, 1

    def lacking(self, place: Place, words: str) -> None:
        """Note that something is missing: in the user's own file, whatever it extends."""
        name = f"{'.'.join(place)}: " if place else ""
        number, line = self.at(place)
        last = len(self.files) - 1
        self.mistakes.append((last, line if number == last and place in self.where else 1, f"{name}{words}"))

    def wrong(self, place: Place, words: str, line_of: Place = ()) -> None:
        """Note a mistake at a place; its line is that of ``line_of`` when given."""
        name = f"{'.'.join(place)}: " if place else ""
        self.mistakes.append((*self.at(line_of or place), f"{name}{words}"))

    def kinds(self, raw: object) -> None:
        """Look at the sections [kinds.KIND]; their entries are looked at where they are used."""
        if not isinstance(raw, Mapping):
            self.wrong(("kinds",), f"{show(raw)} is not a section. Write [kinds.KIND]")
            return
        known = {kind: room for room in ROOMS for kind in kind_files(room, self.folders())}
        for kind, table in raw.items():
            if kind not in known:
                self.wrong(
                    ("kinds", kind),
                    f"unknown kind '{kind}'{nearest(kind, known)}. `cohesion-sim kinds` lists all",
                )
            elif not isinstance(table, Mapping):
                self.wrong(("kinds", kind), f"{show(table)} is not a section. Write [kinds.{kind}]")

    def folders(self) -> list[Path]:
        """Return the folders of the user's own files, where kinds of their own may lie."""
        own = dict.fromkeys(f.path.parent for f in self.files if f.path.parent.resolve() != self.built_in)
        return list(own)

    def texts(self, raw: object, place: Place) -> dict[str, str]:
        """Return a table of texts."""
        if not isinstance(raw, Mapping):
            self.wrong(place, f'{show(raw)} is not a table of texts. Write {place[-1]} = {{ en = "…" }}')
            return {}
        for key, value in raw.items():
            if not isinstance(value, str):
                self.wrong((*place, key), f'{show(value)} is not a text. Write {key} = "{show(value)}"')
        return {key: value for key, value in raw.items() if isinstance(value, str)}

    def fields(self, cls: type, raw: object, place: Place, extra: Iterable[str] = ()) -> dict[str, Any]:
        """Return the values of all fields of a section; those that cannot be read are None."""
        if not isinstance(raw, Mapping):
            section = ".".join(place)
            self.wrong(place, f"{show(raw)} is not a section. Write [{section}] and its entries below")
            return dict.fromkeys(hints(cls))
        known = {name: hint for name, hint in hints(cls).items() if cls is not self.root or name not in LOADED}
        if cls is Programme:
            known.pop("name")
        for key in raw:
            if key not in known and key not in extra:
                if meant := closest(key, known):
                    self.misspelt.add((*place, meant))
                self.wrong((*place, key), f"unknown name '{key}'{nearest(key, known)}. Correct or remove it")
        out: dict[str, Any] = {}
        for name, hint in known.items():
            if name in raw:
                out[name] = self.value(hint, raw[name], (*place, name))
            elif name in required(cls):
                self.missing(cls, name, shape(hint), place)
                out[name] = None
            else:
                self.default(cls, name, hint, place)
        return out

    def missing(self, cls: type, name: str, form: Shape, place: Place) -> None:
        """Note that an entry is missing, with what to write; a wrong name that means it is told already."""
        spot = (*place, name)
        if not any(spot[:depth] in self.misspelt for depth in range(1, len(spot) + 1)):
            self.lacking(place, f"'{name}' is missing. Write {lacking_entry(name, form, place)}")

    def default(self, cls: type, name: str, hint: Any, place: Place) -> None:
        """Record the provenance of a number that a kind gives itself."""
        form = shape(hint)
        value = next(f.default for f in dataclasses.fields(cls) if f.name == name)
        if form.declared is not None and isinstance(value, int | float):
            self.record(form, value, (*place, name), mark="A", source="own", note="default of the kind")

    def record(self, form: Shape, value: float, place: Place, **known: Any) -> None:
        """Record where a number comes from."""
        declared = form.declared
        if declared is None:
            return
        number, line = self.at(place)
        kind = "choice" if isinstance(declared, Choice) else "fact"
        meaning = declared.meaning or place[-1].replace("_", " ")
        called = self.files[number].called
        values = value if isinstance(value, tuple) else (value,)
        names = AGE_BANDS if place == ("people", "ages") else [str(k) for k in range(len(values))]
        for name, one in zip(names, values, strict=False):
            path = ".".join((*place, name) if isinstance(value, tuple) else place)
            self.provenance[path] = Provenance(
                one, declared.unit, meaning, kind, file=called, line=line, **known
            )

    def value(self, hint: Any, raw: object, place: Place) -> Any:  # noqa: PLR0911 - one a form
        """Return the value of one field, None when it cannot be read."""
        form = shape(hint)
        if self.root is Scenario and place[0] in ("shocks", "programmes"):
            if place == ("shocks",) or place[-1] == "interventions":
                return self.actors(raw, place)
            if place == ("programmes",):
                return self.programmes(raw, place)
        elif place == CATALOGUE:
            return offers.read(self, raw)
        if form.is_section:
            return form.plain(**self.fields(form.plain, raw, place))
        if isinstance(form.plain, type) and issubclass(form.plain, Mapping):
            return self.mapping(form, raw, place)
        if isinstance(form.declared, Fact):
            return self.fact(hint, raw, place)
        try:
            value = admit(hint, raw, place[-1])
        except RefusedError as refused:
            words = str(refused)
            if isinstance(raw, Mapping) and is_fact(raw):
                meant = likely(hint, raw["value"])
                plain = "…" if meant is None else show(meant)
                words = f"a choice is a plain number, people decide it. Write {place[-1]} = {plain}"
            self.wrong(place, words)
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.record(form, value, place)
        return value

    def mapping(self, form: Shape, raw: object, place: Place) -> dict[str, Any]:
        """Return a table of titles, of sections under labels, or of numbers under names."""
        if place[-1] in ("title", "description"):
            return self.titles(raw, place)
        if not isinstance(raw, Mapping):
            self.wrong(place, f"{show(raw)} is not a section. Write [{'.'.join((*place, 'NAME'))}]")
            return {}
        if form.arguments[1] is Any:  # looked at by whoever asked for it
            return dict(raw)
        if shape(form.arguments[1]).plain is str:
            return self.texts(raw, place)
        for key in raw:
            self.label(key, place)
        return {key: self.value(form.arguments[1], value, (*place, key)) for key, value in raw.items()}

    def label(self, key: str, place: Place) -> None:
        """Look at the name of a section."""
        if not LABEL.fullmatch(key):
            words = f"the name '{key}' has other signs than letters a-z, digits, _ and -, or no letter first"
            self.wrong((*place, key), f"{words}. Rename it; titles may be written in any script")

    def titles(self, raw: object, place: Place) -> dict[str, str]:
        """Return a title or description by language; English is always there."""
        out = self.texts(raw, place)
        for key in raw if isinstance(raw, Mapping) else ():
            if key not in TONGUES:
                self.wrong(
                    (*place, key),
                    f"unknown language '{key}'{maybe(key, TONGUES)}. Write one of {', '.join(TONGUES)}",
                )
        if isinstance(raw, Mapping) and not out.get("en", "").strip():
            self.wrong(place, f'the English text is missing. Write {place[-1]} = {{ en = "…" }}')
        return out

    def programmes(self, raw: object, place: Place) -> dict[str, Programme]:
        """Return programmes by name."""
        if not isinstance(raw, Mapping):
            self.wrong(place, f"{show(raw)} is not a section. Write [programmes.NAME]")
            return {}
        for key in raw:
            self.label(key, place)
        return {
            key: Programme(**{**self.fields(Programme, table, (*place, key)), "name": key})
            for key, table in raw.items()
        }

    def actors(self, raw: object, place: Place) -> dict[str, Any]:
        """Return interventions or shocks by label; those that cannot be made are None."""
        room = place[-1]
        if not isinstance(raw, Mapping):
            self.wrong(place, f"{show(raw)} is not a section. Write [{'.'.join(place)}.LABEL]")
            return {}
        for key in raw:
            self.label(key, place)
        return {label: self.actor(room, table, (*place, label)) for label, table in raw.items()}

    def actor(self, room: str, raw: object, place: Place) -> Any:
        """Return one intervention or shock, made by the class of its kind."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("kind"), str):
            wrong = next((key for key in raw if closest(key, ("kind",))), "") if isinstance(raw, Mapping) else ""
            told = f"unknown name '{wrong}' (did you mean 'kind'?)" if wrong else f"no kind of {ROOM_OF[room]} is given"
            words = f'{told}. Write kind = "…"; `cohesion-sim kinds` lists all'
            self.wrong((*place, wrong) if wrong else place, words)
            return None
        kind = raw["kind"]
        try:
            files = kind_files(room, self.folders())
            if kind not in files:
                words = f"unknown kind of {ROOM_OF[room]} '{kind}'{nearest(kind, files)}"
                self.wrong((*place, "kind"), f"{words}. `cohesion-sim kinds` lists all")
                return None
            cls = kind_class(room, kind, files[kind])
        except InputError as error:
            self.wrong((*place, "kind"), str(error))
            return None
        before = len(self.mistakes)
        given = self.fields(cls, raw, place, extra=("kind",))
        self.unmade[place] = (cls, given)
        if len(self.mistakes) > before or any(given[name] is None for name in required(cls)):
            return None
        try:
            made = cls(**given)
        except Exception as error:  # a kind may check itself in its own way
            self.wrong(place, str(error) or type(error).__name__)
            return None
        del self.unmade[place]
        return made

    def fact(self, hint: Any, raw: object, place: Place) -> Any:
        """Return the value of a fact, None when it cannot be read."""
        value, origin = read_fact(
            hint,
            raw,
            place[-1],
            self.sources,
            lambda key, words: self.wrong(place, words, (*place, key) if key else place),
        )
        if value is not None:
            self.record(shape(hint), value, place, **origin)
        return value
