"""The scenarios that a page may ask for: built in, or files named when the program was started; nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from cohesion_sim import files
from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.scenario import Scenario

MOST_PEOPLE, MOST_WEEKS = 20_000, 260
"""What a browser holds."""
_QUESTIONS = "what_if"  # the part with shocks that lie ready


class Shelf:
    """Scenarios by name, read when first asked for."""

    def __init__(self, *own: str | Path) -> None:
        """Offer scenarios and files of the user's own first, then the built-in ones.

        Raises
        ------
        InputError
            If one of the user's own cannot be read or is too large to be shown.
        """
        self._paths: dict[str, str | Path] = {Path(str(name)).name.removesuffix(".toml"): name for name in own}
        for name in files.builtin_scenarios():
            self._paths.setdefault(name, name)
        self._read: dict[str, Scenario] = {}
        self._lock = threading.Lock()
        self.first = next(iter(self._paths))
        for name in list(self._paths)[: len(own)]:
            self.scenario(name)

    def __iter__(self) -> Iterator[Scenario]:
        """Yield the scenarios that can be shown."""
        for name in self._paths:
            try:
                yield self.scenario(name)
            except InputError:
                continue  # another file than the one asked for is too large

    def scenario(self, name: str) -> Scenario:
        """Return a scenario with the shocks one may ask about lying ready. Raises `InputError` for another name."""
        if name not in self._paths:
            raise InputError(f"scenario: none named '{name}' here{nearest(name, self._paths)}")
        with self._lock:
            if name not in self._read:
                self._read[name] = shown(self._paths[name])
            return self._read[name]


def shown(name_or_path: str | Path) -> Scenario:
    """Return a scenario as the workshop runs it; the shocks that lie ready change nothing until they are asked for.

    Raises
    ------
    InputError
        If it has mistakes, or is larger than a page can show.
    """
    try:
        scenario = files.load_scenario(name_or_path, below=_QUESTIONS)
    except InputError:  # it has mistakes, or not the numbers of all these kinds, as files that do not extend common
        scenario = files.load_scenario(name_or_path)
    wrong = []
    if scenario.people.size > MOST_PEOPLE:
        wrong.append(f"people.size: a page shows at most {MOST_PEOPLE} people, this has {scenario.people.size}")
    if scenario.weeks > MOST_WEEKS:
        wrong.append(f"weeks: a page shows at most {MOST_WEEKS}, this has {scenario.weeks}")
    if wrong:
        raise InputError(*(f"{name_or_path}: {words}. Write a smaller number" for words in wrong))
    return scenario
