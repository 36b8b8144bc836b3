"""What is done of a country so far, on disk: one small file a municipality, each there complete or not at all.

It lies beside the result, in ``OUT.unfinished``, so that a result that is there already stays until the new one is
complete::

    OUT.unfinished/country.json    what is planned: file, scenarios, every municipality with its seed
                   parts/N.json    what became of municipality N
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cohesion_sim.folder import alone_in, check_folder, write_whole
from cohesion_sim.parameters import InputError

PLAN = "country.json"


def beside(out: str | Path) -> Path:
    """Return the folder of what is done so far."""
    path = Path(out).expanduser().absolute()
    return path.with_name(f"{path.name}.unfinished")


class Parts:
    """The municipalities that are done. The same file and regions go on where they stopped."""

    def __init__(self, out: str | Path, plan: dict[str, Any], *, force: bool = False) -> None:
        self.out, self.folder = check_folder(out, force=force), beside(out)
        self.mark = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
        self.plan, self.force = plan, force

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Put the plan on disk, or find it there; nobody else works on it meanwhile.

        Raises
        ------
        InputError
            If another country was begun here, or somebody is at work.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        words = "somebody is at work on this country already; wait, or choose another folder (--out)"
        with alone_in(self.folder, words):
            self._look()
            yield

    def _look(self) -> None:
        """Find the plan, or write it."""
        try:
            found = json.loads((self.folder / PLAN).read_text("utf-8"))["mark"]
        except (OSError, ValueError, KeyError):
            found = None
        if found == self.mark:
            return
        if found is not None and not self.force:
            raise InputError(
                f"{self.folder}: another country was begun there (another file, seed or choice of regions, or other "
                "scenarios); choose another folder (--out), or begin anew with --force (in Python: force=True)"
            )
        shutil.rmtree(self.folder / "parts", ignore_errors=True)
        (self.folder / "parts").mkdir()
        _write(self.folder / PLAN, {"mark": self.mark, **self.plan})

    def done(self) -> set[int]:
        """Return the numbers of the municipalities that are done."""
        return {int(path.stem) for path in (self.folder / "parts").glob("*.json")}

    def write(self, number: int, row: dict[str, Any]) -> None:
        """Write down one municipality. Raises `StoppedError` when the disk does not take it."""
        _write(self.folder / "parts" / f"{number}.json", row)

    def rows(self) -> list[dict[str, Any]]:
        """Return all that is done, by number."""
        return [
            json.loads((self.folder / "parts" / f"{number}.json").read_text("utf-8")) for number in sorted(self.done())
        ]


def _write(path: Path, content: dict[str, Any]) -> None:
    data = json.dumps(content, ensure_ascii=False).encode()
    write_whole(path, data, "Make room, and give the same command again")
