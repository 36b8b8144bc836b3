"""The rounds of a race on disk, beside the result to come, so that a race that was stopped goes on.

They stay until the result is written: a race takes long, and what comes after it may be stopped too. The folder holds::

    race.json           of which file, seed and code
    round-NNN.json      what was gained in a round, and what failed; each there complete or not at all
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cohesion_sim.folder import alone_in, write_whole
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import engine

Lived = tuple[int, int, list[float]]
"""Mix, replication, levels."""
Lost = dict[str, object]
"""mix, replication, message."""
MARK, ROUNDS = "race.json", "round-*.json"


def beside(out: str | Path) -> Path:
    """Return the folder of the rounds of a result."""
    path = Path(out).expanduser().absolute()
    return path.with_name(f".{path.name}.race")


@contextmanager
def kept(keep: str | Path | None, scenario: Scenario, seed: int, runs: int) -> Iterator[Path | None]:
    """Yield the folder of the rounds; those of another file, seed or version that lie there go.

    Raises
    ------
    InputError
        If somebody is at work there.
    """
    if keep is None:
        yield None
        return
    folder = Path(keep)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder, "somebody is at work on this portfolio already; wait, or choose another folder (--out)"):
        mark = _mark(scenario, seed, runs)
        told = folder / MARK
        if not told.is_file() or f'"{mark}"' not in told.read_text("utf-8"):
            _remove(folder)
            _write(told, {"fingerprint": mark})
        yield folder


def _mark(scenario: Scenario, seed: int, runs: int) -> str:
    """Return what the rounds depend on, as a SHA-256: what computes, seed, runs, scenario."""
    parts = [engine.computed_with(scenario), seed, runs, scenario.text]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _remove(folder: Path) -> None:
    for path in (*folder.glob(ROUNDS), folder / MARK):
        path.unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """Remove the rounds, and their folder if it holds nothing else."""
    _remove(folder)
    with suppress(OSError):
        (folder / ".lock").unlink(missing_ok=True)
        folder.rmdir()


def path_of(folder: Path, number: int) -> Path:
    """Return where a round is."""
    return folder / f"round-{number:03d}.json"


def written(path: Path, rows: list[Lived], lost: list[Lost]) -> None:
    """Write a round. Raises `StoppedError` when the disk does not take it."""
    _write(path, {"rows": rows, "lost": lost})


def read(path: Path) -> tuple[list[Lived], list[Lost]]:
    """Return a round that was written."""
    found = json.loads(path.read_bytes())
    return [(mix, replication, levels) for mix, replication, levels in found["rows"]], found["lost"]


def _write(path: Path, content: dict[str, object]) -> None:
    write_whole(path, json.dumps(content, ensure_ascii=False).encode(), "Make room, and give the same command again")
