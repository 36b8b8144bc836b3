"""A study on disk: the plan, written before the first run; the parts, each there complete or not at all; the tables.

::

    DIR/plan.json            what is planned, with which files, versions and seed
        design.parquet       the points: point, scenario, a column for each varied path
        inputs/              copies of the experiment and of the user's files that it reads
        parts/NNNNNN.parquet rows of consecutive runs, and what failed in them
        table.parquet, failures.parquet, effects.csv, manifest.json   when all is done
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohesion_sim import files
from cohesion_sim.folder import (
    MADE_BY,
    PLAN,
    UNFINISHED,
    alone_in,
    appearing,
    version,
    versions,
    write_json,
    write_whole,
)
from cohesion_sim.parameters import InputError
from cohesion_sim.studies import lived
from cohesion_sim.studies.plan import plan as planned
from cohesion_sim.studies.runs import Plan, inputs

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BATCH = 50_000
"""Rows at least that are worked on together: about ten megabytes."""


@dataclass(frozen=True, slots=True)
class Store:
    """A study's folder."""

    folder: Path

    @classmethod
    def opened(cls, folder: str | Path) -> Store:
        """Return the study in a folder. Raises `InputError` when there is none."""
        path = Path(folder).expanduser().absolute()
        store = cls(path)
        if not (path / PLAN).is_file():
            raise InputError(f"{path}: there is no study here (no {PLAN}). Name the folder given to `study run --out`")
        return store

    @classmethod
    def made(cls, plan: Plan, folder: str | Path, *, force: bool = False) -> Store:
        """Return a new study, whose plan is on disk; nothing has been run.

        Raises
        ------
        InputError
            If something is in the folder already.
        """
        path = Path(folder).expanduser().absolute()
        old = cls(path)
        if (path / PLAN).is_file():
            with old.locked():  # nobody may be at work on what is replaced
                pass
            if not force and not old.complete:
                raise InputError(
                    f"{path}: an unfinished study is here. Go on with it: cohesion-sim study resume {path}; "
                    "or choose another folder (--out), or replace it with --force"
                )
        with appearing(path, force=force) as part:
            (part / "parts").mkdir()
            experiment = _copied(plan, part / "inputs")
            plan.points.to_parquet(part / "design.parquet", index=False, compression="zstd")
            write_json(part / PLAN, _described(plan, f"inputs/{experiment}"))
        return old

    @property
    def description(self) -> dict[str, Any]:
        """What plan.json says."""
        try:
            found: dict[str, Any] = json.loads((self.folder / PLAN).read_text("utf-8"))
        except (OSError, ValueError):
            raise InputError(f"{self.folder / PLAN}: cannot be read. The study has to be run again") from None
        return found

    @property
    def complete(self) -> bool:
        """Whether all is done."""
        return (self.folder / "manifest.json").is_file()

    def plan(self) -> Plan:
        """Return the plan, read again from the copies that the study keeps.

        Raises
        ------
        InputError
            If the copies were changed, or another version of the package was used.
        """
        told = self.description
        if told["version"] != version():
            raise InputError(
                f"{self.folder}: was begun with version {told['version']}; this is {version()}, and its numbers may "
                f"differ. Install cohesion-sim=={told['version']}, or run the study again in another folder"
            )
        plan = planned(self.folder / told["experiment"])
        if plan.fingerprint() != told["fingerprint"]:
            raise InputError(
                f"{self.folder / 'inputs'}: the files were changed since the study began, and old and new runs do not "
                "go together. Put them back, or run the study again in another folder"
            )
        return plan

    @contextmanager
    def locked(self, patience: float = 2.0) -> Iterator[None]:
        """Let nobody else work on this study. Raises `InputError` when somebody does, for longer than a look takes."""
        words = f"somebody is at work on this study already. Look: cohesion-sim study status {self.folder}"
        with alone_in(self.folder, words, patience):
            yield

    # -------------------------------------------------------------------------------------- parts

    def path_of(self, number: int) -> Path:
        """Return where a part is."""
        return self.folder / "parts" / f"{number:06d}.parquet"

    def parts(self) -> list[Path]:
        """Return the parts that are done, in order."""
        return sorted((self.folder / "parts").glob("[0-9]*.parquet"), key=lambda path: int(path.stem))

    def done(self) -> set[int]:
        """Return the numbers of the parts that are done."""
        return {int(path.stem) for path in self.parts()}

    @property
    def mend(self) -> str:
        """What to do when the disk is full."""
        return f"Make room, then: cohesion-sim study resume {self.folder}"

    def put(self, path: Path, data: bytes) -> None:
        """Write a file of the study, complete or not at all. Raises `folder.StoppedError` when the disk is full."""
        write_whole(path, data, self.mend)

    def write(self, number: int, data: bytes) -> None:
        """Write a part, as `put` does."""
        self.put(self.path_of(number), data)

    def tidy(self) -> None:
        """Remove what a killed process left half written."""
        for path in (*(self.folder / "parts").glob(f"*{UNFINISHED}"), *self.folder.glob(f"*{UNFINISHED}")):
            path.unlink(missing_ok=True)

    # -------------------------------------------------------------------------------------- tables

    def design(self) -> pd.DataFrame:
        """Return the points: point, scenario, and one column for each varied path."""
        import pandas as pd

        return pd.read_parquet(self.folder / "design.parquet")

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows of all runs done so far: keys, then measures (see docs/studies.md); values not joined."""
        import pandas as pd

        tables = [table.to_pandas() for table in self.batches(columns)]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns or lived.KEYS))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield the rows of some parts at a time: not all need be in memory, and each is worth beginning."""
        import pyarrow as pa

        waiting: list[pa.Table] = []
        rows = 0
        for path in self.parts():
            waiting.append(self.part(path, columns).replace_schema_metadata(None))
            rows += waiting[-1].num_rows
            if rows >= BATCH:
                yield pa.concat_tables(waiting)
                waiting, rows = [], 0
        if waiting:
            yield pa.concat_tables(waiting)

    def part(self, path: Path, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of one part. Raises `InputError` when it is broken."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(path).read(columns=None if columns is None else list(columns))
        except (OSError, pa.ArrowInvalid):
            raise _broken(path) from None

    def failures(self) -> pd.DataFrame:
        """Return what failed so far: run, point, scenario, replication, seed, programme, stage, message, arguments."""
        import pandas as pd

        rows = [row for path in self.parts() for row in told_of(path)[1]]
        return pd.DataFrame(rows, columns=list(lived.FAILURE)).astype({"run": "int64", "point": "int64"})


def told_of(path: Path) -> tuple[int, list[dict[str, Any]]]:
    """Return how many runs a part has, and the failures among them. Raises `InputError` when it is broken."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = pq.read_schema(path).metadata
        return int(told[b"runs"]), json.loads(told[b"failures"])
    except (OSError, pa.ArrowInvalid, KeyError, TypeError):
        raise _broken(path) from None


def _broken(path: Path) -> InputError:
    mend = f"Remove it, and resume: cohesion-sim study resume {path.parent.parent}"
    return InputError(f"{path}: is broken. {mend}")


def _described(plan: Plan, experiment: str) -> dict[str, Any]:
    """Return the content of plan.json."""
    return {
        "made_by": MADE_BY,
        "version": version(),
        "versions": versions(),
        "python": platform.python_version(),
        "planned": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "question": plan.experiment.question,
        "experiment": experiment,
        "fingerprint": plan.fingerprint(),
        "seed": plan.experiment.seed,
        "arms": list(plan.arms),
        "points": len(plan.points),
        "runs": plan.first,
        "at_most": plan.most,
        "varies": plan.paths,
        "measures": list(plan.kept),
    }


def _copied(plan: Plan, folder: Path) -> str:
    """Copy the experiment and the files that it reads, as they lie to each other; return the experiment's place.

    What is named by its whole path is found there again, and is not copied.

    Raises
    ------
    InputError
        If the copies would not be read as the files are.
    """
    home = plan.experiment.folder
    experiment = home / f"{plan.experiment.name}.toml"
    apart = [Path(name).parent for name in plan.experiment.scenarios if Path(name).is_absolute()]
    near = [path for path in inputs(plan) if not any(above in path.parents for above in apart) or home in path.parents]
    above = Path(os.path.commonpath([path.parent for path in near]))
    for path in near:
        copy = folder / path.relative_to(above)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    place = experiment.relative_to(above)
    for name, scenario in plan.scenarios.items():
        try:
            text = files.scenario_beside((folder / place).parent, name).text
        except InputError:
            text = ""
        if text != scenario.text:
            raise InputError(
                f"{experiment}: the copy that the study keeps does not find the scenario '{name}' again. "
                "Put its file beside the experiment, or write its whole path"
            )
    return place.as_posix()
