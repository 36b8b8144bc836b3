"""How much does a larger dialogue platform change attitudes to others? Zhazy, 52 weeks, 8 paired replications.

Run: python experiments/size_of_the_platform.py
Expected numbers stand in size_of_the_platform.csv beside this file; the same version gives the same numbers anywhere.
"""

from pathlib import Path

import pandas as pd

from cohesion_sim import run

SEATS = (10, 20, 40)


def effects() -> pd.DataFrame:
    """Return the paired effect on attitude to others and cohesion, one row for each number of seats and measure."""
    rows = []
    for seats in SEATS:
        sets = {"dialogue_only.platform.seats": seats, "economy.budget": 100_000}
        result = run("zhazy", programmes="dialogue_only", weeks=52, replications=8, sets=sets)
        found = result.effects().query("by == 'all' and measure in ['attitude', 'cohesion']")
        rows.append(found[["measure", "effect", "low", "high"]].assign(seats=seats))
    return pd.concat(rows, ignore_index=True)


if __name__ == "__main__":
    table = effects().round(6)
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False)
    print(table.to_string(index=False))
