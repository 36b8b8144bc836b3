"""The one tidy table of a study, with its data dictionary and an RO-Crate description beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohesion_sim.folder import PARQUET, UNFINISHED, stopped, version, write_whole
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError
from cohesion_sim.studies.lived import KEYS
from cohesion_sim.studies.runs import Plan
from cohesion_sim.studies.store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

EXPORT_AGAIN = "Make room, and export again"
MEANINGS = {
    "run": ("number", "a point in a replication, lived through in every programme"),
    "point": ("number", "a scenario with its varied values"),
    "scenario": ("name", "the municipality that is modelled on"),
    "replication": ("number", "the same number is the same luck, at every point and in every programme"),
    "seed": ("number", "of the replication"),
    "programme": ("name", "what is tried; nothing: none"),
    "week": ("week", "the last of those that the row tells of; 1 is the first of the run"),
    "by": ("name", "what residents are grouped by; all: not"),
    "group": ("name", "the group"),
    "residents": ("people", "in the group, in that week"),
}


def export(store: Store, plan: Plan, out: str | Path, *, force: bool = False) -> Path:
    """Return where the table of a study was written, with a dictionary and ro-crate-metadata.json beside it.

    Raises
    ------
    InputError
        If the file is neither .parquet nor .csv, or something is there already and ``force`` is not said.
    """
    path = Path(out).expanduser().absolute()
    if path.suffix.lower() not in (".parquet", ".csv"):
        raise InputError(f"--out {out}: is neither a .parquet nor a .csv file. Write e.g. --out study.parquet")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"--out {out}: the folder of this file does not exist. Make it, or name a file elsewhere")
    words, about = path.with_name(f"{path.stem}.dictionary.csv"), path.with_name("ro-crate-metadata.json")
    there = [str(one) for one in (path, words, about) if one.exists()]
    if there and not force:
        raise InputError(
            f"--out {out}: {', '.join(there)} would be replaced. Export into another folder (the description tells of "
            "one table), or add --force (in Python: force=True)"
        )
    write_table(store, plan, path, EXPORT_AGAIN)
    write_whole(words, dictionary(plan).to_csv(index=False, lineterminator="\n").encode(), EXPORT_AGAIN)
    crate = json.dumps(_crate(store, plan, path, words), indent=2, ensure_ascii=False) + "\n"
    write_whole(about, crate.encode(), EXPORT_AGAIN)
    return path


def write_table(store: Store, plan: Plan, path: Path, mend: str) -> None:
    """Write all rows with the varied values joined, part by part; the same bytes however they came about.

    ``mend`` is said when the disk is full.
    """
    import pyarrow.csv
    import pyarrow.parquet as pq

    aside = path.with_name(f"{path.name}{UNFINISHED}")
    tables = joined(store, plan)
    first = next(tables)
    try:
        if path.suffix.lower() == ".csv":
            with pyarrow.csv.CSVWriter(str(aside), first.schema) as writer:
                writer.write(first)
                for table in tables:
                    writer.write(table)
        else:
            with pq.ParquetWriter(str(aside), first.schema, **PARQUET) as writer:
                writer.write_table(first)
                for table in tables:
                    writer.write_table(table)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise stopped(path, error, mend) from None


def joined(store: Store, plan: Plan) -> Iterator[pa.Table]:
    """Yield all rows, some parts at a time, with a column for each varied path after the keys."""
    import pyarrow as pa

    columns = {path: _column(plan, path) for path in plan.paths}
    for rows in store.batches():
        table = rows.combine_chunks()
        for place, (path, values) in enumerate(columns.items(), KEYS.index("scenario") + 1):
            table = table.add_column(place, pa.field(path, values.type), values.take(table["point"]))
        yield table


def _column(plan: Plan, path: str) -> pa.Array:
    """Return the values of a varied path by point; lists are told as text."""
    import pyarrow as pa

    values = [plan.values(point)[path] for point in range(len(plan.points))]
    simple = all(isinstance(value, bool | int | float | str) for value in values)
    return pa.array(values if simple else [json.dumps(value) for value in values])


def dictionary(plan: Plan) -> pd.DataFrame:
    """Return column, unit, meaning of every column of the table."""
    import pandas as pd

    rows = []
    for name in KEYS:
        rows.append((name, *MEANINGS[name]))
        if name == "scenario":
            rows += [(path, *_meaning(plan, path)) for path in plan.paths]
    for name in plan.kept:
        measure = MEASURES[name]
        when = "added up over the weeks since the row before" if measure.flow else "in that week"
        rows.append((name, measure.unit, f"{measure.meaning.replace(' this week', '')}; {when}"))
    return pd.DataFrame(rows, columns=["column", "unit", "meaning"])


def _meaning(plan: Plan, path: str) -> tuple[str, str]:
    """Return unit and meaning of a varied number."""
    from cohesion_sim.files import places_of

    scenario = next(iter(plan.scenarios.values()))
    found = scenario.provenance.get(".".join(places_of(scenario, path)[0]))
    return ("", "varied") if found is None else (found.unit, f"varied; {found.meaning}")


def _crate(store: Store, plan: Plan, table: Path, words: Path) -> dict[str, Any]:
    """Return the RO-Crate 1.1 description of the exported files."""
    told = store.description
    files = [
        (table, "The tidy table", "text/csv" if table.suffix.lower() == ".csv" else "application/vnd.apache.parquet"),
        (words, "Columns of the table with units and meanings", "text/csv"),
    ]
    entries: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": plan.experiment.question,
            "description": (
                f"{plan.first} runs or more of a simulation, modelled on {', '.join(plan.scenarios)}; programmes "
                f"{', '.join(plan.arms)}; seed {plan.experiment.seed}. Simulated, not data of a real place."
            ),
            "datePublished": str(told["planned"])[:10],
            "license": "Choose one before publishing",
            "hasPart": [{"@id": path.name} for path, _, _ in files],
            "mentions": {"@id": "#run"},
        },
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": "study",
            "instrument": {"@id": "#cohesion-sim"},
            "result": [{"@id": path.name} for path, _, _ in files],
            "description": plan.experiment.text,
        },
        {
            "@id": "#cohesion-sim",
            "@type": "SoftwareApplication",
            "name": "cohesion-sim",
            "softwareVersion": version(),
        },
    ]
    for path, name, form in files:
        data = path.read_bytes()
        entries.append(
            {
                "@id": path.name,
                "@type": "File",
                "name": name,
                "encodingFormat": form,
                "contentSize": str(len(data)),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": entries}
