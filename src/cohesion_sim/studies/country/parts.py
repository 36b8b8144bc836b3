"""What is done of a country so far, on disk: one small file a municipality, each there complete or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cohesion_sim.folder import MADE_BY, check_folder, write_json
from cohesion_sim.parameters import InputError

UNFINISHED = "unfinished"


class Parts:
    """The folder of a country that is being computed. The same file and regions go on where they stopped."""

    def __init__(self, folder: str | Path, plan: dict[str, Any], *, force: bool = False) -> None:
        self.folder = Path(folder).expanduser().absolute()
        told = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
        begun = unfinished(self.folder)
        if begun is not None and begun != told and not force:
            raise InputError(
                f"{self.folder}: another country was begun there (another file, seed or choice of regions, or other "
                "scenarios); choose another folder (--out), or begin anew with --force (in Python: force=True)"
            )
        if begun != told:
            check_folder(self.folder, force=force or begun is not None)
            self._begin(plan, told)

    def _begin(self, plan: dict[str, Any], told: str) -> None:
        """Write the plan before anything is computed; what was done of another one goes."""
        (self.folder / "parts").mkdir(parents=True, exist_ok=True)
        for old in (self.folder / "parts").glob("*.json"):
            old.unlink()
        self._write(self.folder / "plan.json", plan)
        write_json(self.folder / "manifest.json", {"made_by": MADE_BY, "verb": "country", UNFINISHED: told})

    def done(self) -> set[int]:
        """Return the numbers of the municipalities that are done."""
        return {int(path.stem) for path in (self.folder / "parts").glob("*.json")}

    def write(self, number: int, row: dict[str, Any]) -> None:
        """Write down one municipality."""
        self._write(self.folder / "parts" / f"{number}.json", row)

    def rows(self) -> list[dict[str, Any]]:
        """Return all that is done, by number."""
        return [
            json.loads((self.folder / "parts" / f"{number}.json").read_text("utf-8")) for number in sorted(self.done())
        ]

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        """Write a file that is there complete or not at all, whatever happens meanwhile."""
        aside = path.with_suffix(".part")
        try:
            with aside.open("w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise InputError(
                f"{path}: cannot be written ({error.strerror or error}). What is done is kept: make room, and give "
                "the same command again"
            ) from None


def unfinished(folder: Path) -> str | None:
    """Return the mark of the plan that was begun in a folder; None when there is none, or it is finished."""
    try:
        found = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    mark = found.get(UNFINISHED) if isinstance(found, dict) and found.get("made_by") == MADE_BY else None
    return mark if isinstance(mark, str) else None
