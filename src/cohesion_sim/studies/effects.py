"""What a programme changed: paired differences to the twin run, how sure, and would a survey see it.

Pure functions on tables. A year is 52 weeks. Flows are events per 1,000 residents of the group a year over
the whole run (spending: USD in all); stocks are the mean of the last 13 weeks. Pairing by replication is
what makes small effects visible: with and without the programme the same people live through the same
weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.measures import MEASURES
from cohesion_sim.studies.survey import SCALE_SD, design_effect

if TYPE_CHECKING:
    from pandas import DataFrame, Index, Series

    from cohesion_sim.scenario import Measurement

Floats = NDArray[np.float64]

YEAR = 52
LAST = 13
NOT_ASKED = frozenset({"good", "witnessed", "tie_trust", "approval", "spread"})
"""What a survey cannot ask every respondent: it belongs to encounters, pupils, some households, groups."""

_KEYS = ["programme", "replication", "by", "group"]


def unit_of(measure: str) -> str:
    """Return the unit of a measure after it was taken over the whole run."""
    declared = MEASURES[measure]
    return "per 1,000 a year" if declared.flow and declared.unit == "count" else declared.unit


def levels(weekly: DataFrame, last: int = LAST) -> DataFrame:
    """Return every measure over the whole run by programme, replication, by, group (units: `unit_of`)."""
    flows = [name for name, measure in MEASURES.items() if measure.flow]
    stocks = [name for name, measure in MEASURES.items() if not measure.flow]
    sums = weekly.groupby(_KEYS, observed=True, sort=False)[[*flows, "residents"]].sum(min_count=1)
    # Person-years, not heads: the size of a group changes while its members age.
    person_years = (sums["residents"] / YEAR).where(sums["residents"] > 0)
    counted = [name for name in flows if MEASURES[name].unit == "count"]
    sums[counted] = sums[counted].div(person_years / 1000, axis=0)
    end = weekly[weekly["week"] > weekly["week"].max() - last]
    states = end.groupby(_KEYS, observed=True, sort=False)[stocks].mean()
    return sums[flows].join(states)[list(MEASURES)]


def summary(weekly: DataFrame, last: int = LAST) -> DataFrame:
    """Return mean, sd, q05, median, q95 over replications, one row a programme, measure and group."""
    import pandas as pd

    if weekly.empty:
        return pd.DataFrame(columns=["programme", "measure", "by", "group", "unit", "mean"])
    table = levels(weekly, last)
    groups, replications = _groups(table), _replications(table)
    parts = []
    for programme in _programmes(table):
        cube = _cube(table, programme, groups, replications)
        which, measure = np.nonzero(np.isfinite(cube).any(axis=0))
        values = cube[:, which, measure]
        count, mean, variance = moments(values)
        low, median, high = np.nanquantile(values, [0.05, 0.5, 0.95], axis=0)
        names = np.array(list(MEASURES))[measure]
        parts.append(
            pd.DataFrame(
                {
                    "programme": programme,
                    "measure": names,
                    "by": [groups[i][0] for i in which],
                    "group": [groups[i][1] for i in which],
                    "unit": [unit_of(name) for name in names],
                    "mean": mean,
                    "sd": np.sqrt(variance),
                    "q05": low,
                    "median": median,
                    "q95": high,
                    "replications": count,
                }
            )
        )
    return _ordered(pd.concat(parts, ignore_index=True))


def effects(weekly: DataFrame, measurement: Measurement, last: int = LAST) -> DataFrame:
    """Return what is with and without each programme, and the difference, by measure and group.

    Parameters
    ----------
    weekly
        The table of `cohesion_sim.studies.results.Result`.
    measurement
        How an ordinary survey is made.
    last
        Weeks at the end over which stocks are averaged.

    Returns
    -------
    DataFrame
        programme, measure, by, group, unit; nothing, with (means over replications); effect (mean paired
        difference), low, high (its 95 % t-interval); q05, q95 (of the paired differences); better (share of
        replications in which the programme was better, ties half; NaN where neither direction is);
        runs_better, runs_same, runs_worse (in how many of
        the pairs); replications; unpaired_low, unpaired_high (the 95 % interval without pairing); luck (how many times
        fewer replications pairing needs); survey_error, survey_power (only for what a survey of all
        residents can ask).
    """
    import pandas as pd

    if "nothing" not in set(weekly["programme"]):
        return pd.DataFrame(columns=list(_EFFECT_COLUMNS))
    table = levels(weekly, last)
    groups, replications = _groups(table), _replications(table)
    names = np.array(list(MEASURES))
    sign = np.array([MEASURES[name].better for name in names])
    nothing = _cube(table, "nothing", groups, replications)
    parts = []
    for programme in _programmes(table):
        if programme == "nothing":
            continue
        arm = _cube(table, programme, groups, replications)
        both = np.isfinite(arm) & np.isfinite(nothing)
        which, measure = np.nonzero(both.any(axis=0))
        keep = both[:, which, measure]
        with_programme = np.where(keep, arm[:, which, measure], np.nan)
        without = np.where(keep, nothing[:, which, measure], np.nan)
        difference = with_programme - without
        count, effect, variance = moments(difference)
        low, high = interval(effect, variance, count)
        _, with_mean, with_variance = moments(with_programme)
        _, without_mean, without_variance = moments(without)
        unpaired = _welch(effect, with_variance, without_variance, count)
        gain = difference * sign[measure]
        better = np.where(keep, (gain > 0) + 0.5 * (gain == 0), 0.0).sum(axis=0) / count
        with np.errstate(divide="ignore", invalid="ignore"):
            luck = (with_variance + without_variance) / variance
        quantiles = np.nanquantile(difference, [0.05, 0.95], axis=0)
        by = np.array([groups[i][0] for i in which])
        error = np.where(by == "all", _survey_errors(names[measure], without_mean, with_mean, measurement), np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "programme": programme,
                    "measure": names[measure],
                    "by": by,
                    "group": [groups[i][1] for i in which],
                    "unit": [unit_of(name) for name in names[measure]],
                    "nothing": without_mean,
                    "with": with_mean,
                    "effect": effect,
                    "low": low,
                    "high": high,
                    "q05": quantiles[0],
                    "q95": quantiles[1],
                    "better": np.where(sign[measure] == 0, np.nan, better),
                    **_runs(gain, keep & (sign[measure] != 0)),
                    "replications": count,
                    "unpaired_low": effect - unpaired,
                    "unpaired_high": effect + unpaired,
                    "luck": luck,
                    "survey_error": error,
                    "survey_power": power(effect, error),
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=list(_EFFECT_COLUMNS))
    return _ordered(pd.concat(parts, ignore_index=True))


_EFFECT_COLUMNS = (
    "programme", "measure", "by", "group", "unit", "nothing", "with", "effect", "low", "high", "q05", "q95",
    "better", "runs_better", "runs_same", "runs_worse", "replications", "unpaired_low", "unpaired_high", "luck",
    "survey_error", "survey_power",
)  # fmt: skip


def _runs(gain: Floats, keep: NDArray[np.bool_]) -> dict[str, Floats]:
    """Return in how many runs it was better, the same and worse; NaN where neither direction is better."""
    known = keep.any(axis=0)
    seen = {"runs_better": gain > 0, "runs_same": gain == 0, "runs_worse": gain < 0}
    return {name: np.where(known, (keep & here).sum(axis=0), np.nan) for name, here in seen.items()}


def by_group(effects: DataFrame, measures: Sequence[str]) -> tuple[DataFrame, DataFrame]:
    """Return the effects by group on these measures that have an interval, and those that are clearly worse."""
    looked = effects[(effects["by"] != "all") & effects["measure"].isin(measures) & effects["low"].notna()]
    sign = looked["measure"].map({name: measure.better for name, measure in MEASURES.items()})
    return looked, looked[((sign > 0) & (looked["high"] < 0)) | ((sign < 0) & (looked["low"] > 0))]


def interval(mean: Floats, variance: Floats, count: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the ends of the 95 % t-interval of a mean; NaN for fewer than two values."""
    from scipy.special import stdtrit

    degrees = np.maximum(count - 1, 1)
    half = np.where(count > 1, stdtrit(degrees, 0.975) * np.sqrt(variance / np.maximum(count, 1)), np.nan)
    return mean - half, mean + half


def survey_error(measure: str, before: float, after: float, measurement: Measurement) -> float:
    """Return the standard error of the difference of two surveys, one at each level; NaN if not to be asked.

    A survey has a design effect of 1 + (cluster - 1) icc [E11]. The SD of individuals is sqrt(p (1 - p))
    for a share and ``SCALE_SD`` / sqrt(reliability) for a 0-1 scale.
    """
    if measure in NOT_ASKED or MEASURES[measure].flow or MEASURES[measure].unit not in {"share", "0-1"}:
        return float("nan")
    design = design_effect(measurement.cluster, measurement.icc)
    if MEASURES[measure].unit == "share":
        spread = before * (1 - before) + after * (1 - after)
    else:
        spread = 2 * SCALE_SD**2 / measurement.reliability
    return float(np.sqrt(max(spread, 0.0) * design / measurement.survey))


def power(effect: Floats, error: Floats) -> Floats:
    """Return the chance that a two-sided 5 % test sees ``effect`` when its standard error is ``error``."""
    from scipy.special import ndtr, ndtri

    critical = ndtri(0.975)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(effect) / error
    seen: Floats = ndtr(z - critical) + ndtr(-z - critical)
    return seen


def gains(weekly: DataFrame, outcome: str, last: int = LAST) -> DataFrame:
    """Return the improvement on "nothing" in the whole municipality: rows replications, columns programmes.

    Natural units, more is better: events kept from happening in the whole run for flows, units of the
    measure in the last weeks for stocks. Replications that miss an arm are NaN there.
    """
    measure = MEASURES[outcome]
    all_people = weekly[weekly["by"] == "all"]
    if not measure.flow:
        all_people = all_people[all_people["week"] > all_people["week"].max() - last]
    grouped = all_people.groupby(["replication", "programme"], observed=True)[outcome]
    table = (grouped.sum(min_count=1) if measure.flow else grouped.mean()).unstack("programme")
    sign = -1.0 if measure.better < 0 else 1.0
    if "nothing" not in table.columns:
        return table[[]].astype(float)
    difference = table.drop(columns="nothing").sub(table["nothing"], axis=0) * sign
    difference.columns = [str(name) for name in difference.columns]
    return difference[[name for name in _in_order(weekly["programme"]) if name in difference.columns]]


def _welch(effect: Floats, first: Floats, second: Floats, count: NDArray[np.int64]) -> Floats:
    """Return half the 95 % interval of a difference of two independent means of ``count`` values (Welch)."""
    from scipy.special import stdtrit

    degrees = np.maximum(count - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        free = degrees * (first + second) ** 2 / (first**2 + second**2)
    free = np.where(np.isfinite(free), free, degrees)
    error = np.sqrt((first + second) / np.maximum(count, 1))
    half: Floats = np.where(count > 1, stdtrit(free, 0.975) * error, np.nan)
    return half


def _survey_errors(names: NDArray[np.str_], before: Floats, after: Floats, measurement: Measurement) -> Floats:
    """Return `survey_error` for each row."""
    each = zip(names, before, after, strict=True)
    return np.array([survey_error(str(name), float(b), float(a), measurement) for name, b, a in each])


def moments(values: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return count, mean and variance (n - 1) along the first axis, leaving out NaN."""
    here = np.isfinite(values)
    count = here.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(here, values, 0.0).sum(axis=0) / count
        squares = (np.where(here, values - mean, 0.0) ** 2).sum(axis=0)
        variance = np.where(count > 1, squares / (count - 1), np.nan)
    return count, mean, variance


def _cube(table: DataFrame, programme: str, groups: list[tuple[str, str]], replications: list[int]) -> Floats:
    """Return the levels of one programme as (replications, groups, measures), NaN where a run is missing."""
    import pandas as pd

    index = pd.MultiIndex.from_tuples([(replication, *group) for replication in replications for group in groups])
    values = table.xs(programme, level="programme").reindex(index).to_numpy(float)
    return np.asarray(values).reshape(len(replications), len(groups), len(MEASURES))


def _groups(table: DataFrame) -> list[tuple[str, str]]:
    """Return the pairs (by, group) in the order of the table."""
    pairs_seen = zip(table.index.get_level_values("by"), table.index.get_level_values("group"), strict=True)
    return list(dict.fromkeys((str(by), str(group)) for by, group in pairs_seen))


def _replications(table: DataFrame) -> list[int]:
    """Return the replications in order."""
    return sorted({int(replication) for replication in table.index.get_level_values("replication")})


def _programmes(table: DataFrame) -> list[str]:
    """Return the programmes in the order of the table, "nothing" among them."""
    return _in_order(table.index.get_level_values("programme"))


def _in_order(names: Series | Index) -> list[str]:
    """Return the distinct names in order of appearance."""
    return [str(name) for name in names.unique()]


def _ordered(table: DataFrame) -> DataFrame:
    """Return the rows by programme (as given), measure (as declared), then group (as given)."""
    place = {name: i for i, name in enumerate(MEASURES)}
    programme = {name: i for i, name in enumerate(_in_order(table["programme"]))}
    keys = table["programme"].map(programme) * len(place) + table["measure"].map(place)
    return table.iloc[np.argsort(keys.to_numpy(), kind="stable")].reset_index(drop=True)
