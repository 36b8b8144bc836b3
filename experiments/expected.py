"""Run the experiment files of this folder and hold them against the expected numbers beside them.

    python experiments/expected.py                      all of them, a quarter of an hour on two cores
    python experiments/expected.py dose_of_dialogue     only this one
    python experiments/expected.py --write              put what came out in place of what was expected

NAME.expected.csv has a row for each point, programme, week and measure: the mean without a programme, the paired effect
of the programme and its 95 % interval over replications. Counts are those since the week before in the file, states
those of that week. The same version gives the same numbers on any machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from cohesion_sim.studies.store import Store

HERE = Path(__file__).resolve().parent
DIGITS = 6


def names() -> list[str]:
    """Return the experiment files of this folder that have expected numbers."""
    return sorted(file.name.removesuffix(".expected.csv") for file in HERE.glob("*.expected.csv"))


def effects(store: Store) -> pd.DataFrame:
    """Return the paired effects of a study by what varies, programme, week and measure."""
    import pandas as pd
    from scipy.special import stdtrit

    design = store.design()
    varied = [name for name in design.columns[2:] if design[name].nunique() > 1]
    table = store.table()
    table = table[table["by"] == "all"]
    keys = ["run", "point", "scenario", "replication", "seed", "programme", "week", "by", "group", "residents"]
    measures = [name for name in table.columns if name not in keys]
    long = table.melt(["run", "point", "programme", "week"], measures, "measure", "value")
    pairs = long.pivot_table("value", ["point", "week", "measure", "run"], "programme", observed=True)
    rows = []
    for programme in [name for name in pairs.columns if name != "nothing"]:
        change = (pairs[programme] - pairs["nothing"]).groupby(["point", "week", "measure"], observed=True)
        found = change.agg(["mean", "std", "count"]).reset_index()
        reach = stdtrit(np.maximum(found["count"] - 1, 1), 0.975) * found["std"] / np.sqrt(found["count"])
        without = pairs["nothing"].groupby(["point", "week", "measure"], observed=True).mean().to_numpy()
        rows.append(
            pd.DataFrame(
                {
                    "point": found["point"], "programme": programme, "week": found["week"],
                    "measure": found["measure"], "nothing": without, "effect": found["mean"],
                    "low": found["mean"] - reach, "high": found["mean"] + reach,
                }
            )
        )  # fmt: skip
    joined = design[["point", "scenario", *varied]].merge(pd.concat(rows), on="point")
    order = {name: number for number, name in enumerate(measures)}
    joined = joined.sort_values(
        ["point", "programme", "week", "measure"], key=lambda c: c.map(order) if c.name == "measure" else c
    )
    numbers = ["nothing", "effect", "low", "high"]
    joined[numbers] = joined[numbers].map(lambda value: float(f"{value:.{DIGITS}g}") + 0.0)
    return joined.drop(columns="point").reset_index(drop=True)


def came_out(name: str, workers: int | None = None) -> pd.DataFrame:
    """Return the effects of an experiment, run now."""
    from cohesion_sim.studies.conduct import conduct

    with tempfile.TemporaryDirectory() as folder:
        return effects(conduct(HERE / f"{name}.toml", Path(folder) / "study", workers=workers))


def main() -> None:
    """Run what is asked for; end with 1 when a number is not the expected one."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true", help="put what came out in place of what was expected")
    parser.add_argument("--workers", type=int, help="processes; 0: none but this")
    chosen = parser.parse_args()
    wrong = 0
    for name in chosen.names or names():
        found, beside = came_out(name, chosen.workers), HERE / f"{name}.expected.csv"
        if chosen.write:
            found.to_csv(beside, index=False, lineterminator="\n")
            print(f"{name}: {len(found)} rows written")
            continue
        expected = pd.read_csv(beside)
        numbers = ["nothing", "effect", "low", "high"]
        same = len(found) == len(expected) and np.allclose(
            found[numbers].astype(float), expected[numbers], rtol=1e-5, atol=1e-9, equal_nan=True
        )
        print(f"{name}: {'as expected' if same else 'differs from what was expected'}")
        wrong += not same
    sys.exit(min(wrong, 1))


if __name__ == "__main__":
    main()
