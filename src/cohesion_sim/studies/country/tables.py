"""Where it pays: gains and money of groups of municipalities, with intervals over municipalities.

A gain is for the better whatever the measure (`measures.MEASURES`): fewer violent disputes, more cohesion. Gains of
counts are events a year; those of states are that number times the residents, so that ten people who gain one point
count as one who gains ten. Both are sums over people, so a group is described by two quotients: gain per 1,000
residents (for states: per resident) and gain per 1,000 USD. Their intervals are those of ratio estimators over
municipalities (linearised, t): they hold the luck of each place and the differences between places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame, Series

Floats = NDArray[np.float64]
FEWEST = 3
"""Municipalities that an interval needs."""
THIRDS = {
    "residents": ("smallest third", "middle third", "largest third"),
    "diversity": ("most alike third", "middle third", "most mixed third"),
    "segregation": ("least divided third", "middle third", "most divided third"),
}


def counted(measure: str) -> bool:
    """Return whether a measure counts events, told as events a year."""
    return MEASURES[measure].flow and MEASURES[measure].unit == "count"


def gain(rows: DataFrame, measure: str) -> Floats:
    """Return the gain of each municipality: counts a year, or state times residents; NaN where not defined."""
    declared = MEASURES[measure]
    change = (rows[f"{measure} with"] - rows[f"{measure} without"]).to_numpy(float) * (declared.better or 1)
    residents = rows["residents"].to_numpy(float)
    return np.asarray(change * (residents / 1000 if counted(measure) else residents))


def treated(municipalities: DataFrame) -> DataFrame:
    """Return the municipalities whose district has begun."""
    return municipalities[municipalities["start"] >= 0].reset_index(drop=True)


def ratio(top: Floats, bottom: Floats) -> tuple[float, float, float]:
    """Return the quotient of two sums over municipalities and its 95 % interval (NaN with fewer than three)."""
    from scipy.special import stdtrit

    known = np.isfinite(top) & np.isfinite(bottom)
    top, bottom = top[known], bottom[known]
    if not bottom.sum() > 0:
        return (float("nan"),) * 3
    found = float(top.sum() / bottom.sum())
    n = len(top)
    if n < FEWEST:
        return found, float("nan"), float("nan")
    left = top - found * bottom
    error = float(np.sqrt((left**2).sum() * n / (n - 1)) / bottom.sum())
    reach = float(stdtrit(n - 1, 0.975)) * error
    return found, found - reach, found + reach


def effects(municipalities: DataFrame, measures: Sequence[str], keys: Series | None = None) -> DataFrame:
    """Return, a row a group and measure, what it gained, at what cost; groups are the values of ``keys``.

    Columns: group, municipalities, residents, usd, measure, gain (per 1,000 residents a year; of states per resident)
    with low and high, worth (per 1,000 USD) with its own low and high.
    """
    import pandas as pd

    rows = treated(municipalities)
    groups = ["all"] * len(rows) if keys is None else list(keys.loc[municipalities["start"] >= 0])
    out = []
    for name in dict.fromkeys(groups):
        own = rows[[group == name for group in groups]]
        for measure in measures:
            gained = gain(own, measure)
            people = own["residents"].to_numpy(float) / (1000 if counted(measure) else 1)
            per, low, high = ratio(gained, people)
            worth, worth_low, worth_high = ratio(gained, own["usd"].to_numpy(float) / 1000)
            out.append(
                {
                    "group": name, "municipalities": len(own), "residents": int(own["residents"].sum()),
                    "usd": float(own["usd"].sum()), "measure": measure, "gain": per, "low": low, "high": high,
                    "worth": worth, "worth_low": worth_low, "worth_high": worth_high,
                }
            )  # fmt: skip
    return pd.DataFrame(out)


def districts(municipalities: DataFrame, measures: Sequence[str]) -> DataFrame:
    """Return `effects` by district, with its region and the week in which it began."""
    table = effects(municipalities, measures, municipalities["district"])
    first = municipalities.drop_duplicates("district").set_index("district")
    table.insert(1, "region", first.loc[table["group"], "region"].to_numpy())
    table.insert(2, "start", first.loc[table["group"], "start"].to_numpy())
    return table.rename(columns={"group": "district"})


def kinds(municipalities: DataFrame, measures: Sequence[str]) -> DataFrame:
    """Return `effects` by region, type, tension, and thirds of size, mixture and division; column ``by`` says which."""
    import pandas as pd

    tense = municipalities["tense"].map({True: "tense years", False: "ordinary years"})
    keys = {"region": municipalities["region"], "type": municipalities["type"], "years": tense}
    for column, names in THIRDS.items():
        keys[column] = municipalities[column].rank(method="first", pct=True).map(
            lambda share, names=names: names[min(2, int(share * 3 - 1e-9))]
        )
    parts = []
    for by, series in keys.items():
        table = effects(municipalities, measures, series)
        table.insert(0, "by", by)
        if by in THIRDS:
            place = [THIRDS[by].index(name) for name in table["group"]]
            table = table.iloc[np.argsort(place, kind="stable")]
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def apart(table: DataFrame, measure: str) -> list[tuple[str, str, str]]:
    """Return (by, best group, worst group) of each split whose best and worst group are clearly apart for the money.

    Clearly: by the studentised range, so that of a hundred splits without a difference one is told, however many
    groups it has.
    """
    from scipy.special import stdtrit
    from scipy.stats import studentized_range

    out = []
    known = table[(table["measure"] == measure) & table["worth_low"].notna()]
    for by, rows in known.groupby("by", sort=False):
        if len(rows) < 2:
            continue
        error = (rows["worth"] - rows["worth_low"]) / stdtrit(rows["municipalities"] - 1, 0.975)
        best, worst = int(rows["worth"].argmax()), int(rows["worth"].argmin())
        width = float(np.hypot(error.iloc[best], error.iloc[worst]) / np.sqrt(2))
        away = float(rows["worth"].iloc[best] - rows["worth"].iloc[worst])
        freedom = int(rows["municipalities"].sum()) - len(rows)
        if width > 0 and away / width > studentized_range.ppf(0.99, len(rows), freedom):
            out.append((str(by), str(rows["group"].iloc[best]), str(rows["group"].iloc[worst])))
    return out
