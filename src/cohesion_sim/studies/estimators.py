"""Estimators of trials: pure functions on arrays of answers or counts.

``inference`` says how sure an estimate is:

- ``"cluster"``: errors may be alike within clusters; CR2 with Bell and McCaffrey's degrees of freedom (`sandwich`).
- ``"cluster means"``: the t-test (or analysis of covariance) on the unweighted means of clusters.
- ``"robust"``: every row on its own (HC2), for people who were assigned one by one.
- ``"randomisation"``: re-assignment of the clusters, within strata; exact, see `reassignment`.

Share of 20,000 placebo trials called significant at 5 %; 50 respondents a cluster, ICC 0.10; SD of a share 0.15 points:

=============================  ==========================  ===========  ==========================
trial                          CR1S (the usual one), k-2   CR2, k-2     CR2, own degrees (used)
=============================  ==========================  ===========  ==========================
20 clusters, 10 of them        5.4 %                       4.9 %        4.9 %
15 clusters, 10 of them        6.6 %                       5.6 %        4.4 %
=============================  ==========================  ===========  ==========================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import InputError
from cohesion_sim.randomness import Luck
from cohesion_sim.studies import reassignment
from cohesion_sim.studies.sandwich import Fit, Floats, Numbers, least_squares, numbered, sandwich

Labels = NDArray[Any]
Inference = Literal["cluster", "cluster means", "robust", "randomisation"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate with its 95 % interval.

    ``value``, ``low`` and ``high`` are in the unit of the answers, or ratios; ``error`` is the standard error, of a
    ratio that of its logarithm; ``p`` is two-sided; ``degrees`` of freedom are infinite under re-assignment. ``n``
    counts rows, ``clusters`` what was assigned. What cannot be known is NaN.
    """

    value: float
    error: float
    low: float
    high: float
    p: float
    degrees: float
    n: int
    clusters: int


def _known(inference: str) -> None:
    """Raise `InputError` for a kind of inference that there is not."""
    if inference not in get_args(Inference):
        raise InputError(f"unknown inference {inference!r}: one of {', '.join(get_args(Inference))}")


def _told(fit: Fit) -> Estimate:
    """Return the t-interval and the two-sided p of a fit."""
    from scipy.special import stdtr, stdtrit

    if not fit.error > 0:
        return Estimate(fit.value, fit.error, np.nan, np.nan, np.nan, fit.degrees, fit.n, fit.clusters)
    half = float(stdtrit(fit.degrees, 0.975)) * fit.error
    p = 2 * float(stdtr(fit.degrees, -abs(fit.value / fit.error)))
    return Estimate(fit.value, fit.error, fit.value - half, fit.value + half, p, fit.degrees, fit.n, fit.clusters)


def difference(
    y: Floats,
    treated: Floats,
    cluster: Labels | None = None,
    *,
    inference: str = "cluster",
    permutations: int = 499,
    luck: Luck | None = None,
    stratum: Labels | None = None,
) -> Estimate:
    """Return the difference in means between treated (1) and control (0).

    Parameters
    ----------
    y, treated
        One row a respondent.
    cluster
        What was assigned together; respondents one by one when not given.
    inference
        See the head of this module.
    permutations, luck
        How many re-assignments are drawn when there are more than 5,000, and with what luck.
    stratum
        Pair, block or place within which was assigned: its fixed effects are taken out.
    """
    return _compared(y, treated, None, cluster, inference, permutations, luck, stratum)


def adjusted(
    y: Floats,
    baseline: Floats,
    treated: Floats,
    cluster: Labels | None = None,
    *,
    inference: str = "cluster",
    permutations: int = 499,
    luck: Luck | None = None,
    stratum: Labels | None = None,
) -> Estimate:
    """Return the difference at equal baseline (analysis of covariance).

    ``baseline`` is the respondent's own in a panel, the mean of the place in fresh samples; where it is NaN it becomes
    the mean of the others, and a column says so. The rest as in `difference`.
    """
    missing = np.isnan(baseline)
    known = float(baseline[~missing].mean()) if not missing.all() else 0.0
    columns = np.column_stack([np.where(missing, known, baseline), missing])
    return _compared(y, treated, columns, cluster, inference, permutations, luck, stratum)


def did(
    y: Floats,
    wave: Floats,
    treated: Floats,
    cluster: Labels | None = None,
    *,
    inference: str = "cluster",
    permutations: int = 499,
    luck: Luck | None = None,
    stratum: Labels | None = None,
) -> Estimate:
    """Return the difference in differences between wave 0 and wave 1, of a panel or of fresh samples.

    Without clusters every answer stands alone, so in a panel persons should be the clusters. The rest as in
    `difference`.
    """
    _known(inference)
    wave = np.asarray(wave, np.float64)
    if inference == "randomisation":
        return _reassigned(y, treated, wave[:, None], cluster, permutations, luck, stratum, wave)
    if inference == "cluster means":
        return _changes(y, wave, treated, cluster, stratum)
    columns = np.column_stack([treated * wave, treated, wave])
    return _told(least_squares(y, columns, None if inference == "robust" else cluster, stratum))


def two_way(y: Floats, exposed: Floats, place: Labels, wave: Labels) -> Estimate:
    """Return the effect of exposure (0/1) in a stepped wedge: places and waves have their own levels.

    Errors may be alike within places.
    """
    waves = np.eye(int(numbered(wave, len(y)).max()) + 1)[numbered(wave, len(y))][:, 1:]
    return _told(least_squares(y, np.column_stack([exposed, waves]), place, place))


def rate_ratio(
    events: Floats,
    exposure: Floats,
    treated: Floats,
    cluster: Labels | None = None,
    *,
    inference: str = "cluster",
    permutations: int = 499,
    luck: Luck | None = None,
    stratum: Labels | None = None,
) -> Estimate:
    """Return the ratio of the treated's rate of events to the controls' (Poisson regression, robust variance).

    ``exposure`` is the time of observation, such as person-years. All NaN when an arm has no events.
    ``"cluster means"`` is the ratio of the unweighted means of the clusters' rates. Under ``"randomisation"`` p is that
    of the re-assigned ratio; error and interval stay those of ``"cluster"``. The rest as in `difference`.
    """
    _known(inference)
    n = len(events)
    units = int(numbered(cluster, n, apart=True).max()) + 1
    on = np.asarray(treated) > 0
    told = _telling(exposure, on, None if inference == "cluster means" else stratum)
    if not (events[on & told].sum() > 0 and events[~on & told].sum() > 0):
        return _told(Fit(np.nan, np.nan, np.nan, n, units))
    if inference == "cluster means":
        fit = _mean_rates(events, exposure, on, numbered(cluster, n, apart=True))
    else:
        fit = _poisson(events, exposure, on, None if inference == "robust" else cluster, stratum)
    log = _told(fit)
    p = log.p
    if inference == "randomisation":
        p = reassignment.of_rates(events, exposure, on, cluster, stratum, permutations, luck)
    value, low, high = (float(np.exp(end)) for end in (log.value, log.low, log.high))
    return Estimate(value, log.error, low, high, p, log.degrees, n, units)


def _telling(exposure: Floats, on: NDArray[np.bool_], stratum: Any) -> NDArray[np.bool_]:
    """Return the rows with time of observation in strata that have some in both arms: others say nothing of a ratio."""
    s, seen = numbered(stratum, len(on)), exposure > 0
    both = (np.bincount(s, seen & on) > 0) & (np.bincount(s, seen & ~on) > 0)
    return np.asarray(both[s] & seen)


def _poisson(events: Floats, exposure: Floats, on: NDArray[np.bool_], cluster: Any, stratum: Any) -> Fit:
    """Return the logarithm of the rate ratio."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    n, s = len(events), numbered(stratum, len(events))
    group = numbered(cluster, n, apart=True)
    # A stratum without events says nothing of a ratio either.
    some = (np.bincount(s, events) > 0)[s] & _telling(exposure, on, stratum)
    if some.sum() == 2:  # one unit an arm: nothing is left to tell the error by
        rate = [float(events[some & arm].sum() / exposure[some & arm].sum()) for arm in (on, ~on)]
        return Fit(float(np.log(rate[0] / rate[1])), np.nan, 0.0, n, int(group.max()) + 1)
    x = np.column_stack([on, np.eye(int(s.max()) + 1)[s]]).astype(np.float64)[some]
    x = x[:, x.any(axis=0)]
    fitted = GLM(events[some], x, family=Poisson(), exposure=exposure[some]).fit()
    mean = np.sqrt(fitted.mu)
    w, residual = x * mean[:, None], (events[some] - fitted.mu) / mean
    inverse = np.linalg.pinv(w.T @ w)
    group = numbered(group[some], int(some.sum()))
    none = np.zeros(int(group.max()) + 1, np.int64)
    variance, degrees = sandwich(w, residual, inverse, group, None, none, x.shape[1])
    error = float(np.sqrt(variance)) if degrees > 0 else np.nan
    return Fit(float(fitted.params[0]), error, degrees, n, len(none))


def _mean_rates(events: Floats, exposure: Floats, on: NDArray[np.bool_], group: Numbers) -> Fit:
    """Return the logarithm of the ratio of two means of rates, its error by the delta method."""
    time = np.bincount(group, exposure)
    rate = (np.bincount(group, events) / np.where(time > 0, time, 1))[time > 0]
    arm = (np.bincount(group, on) > 0)[time > 0]
    a, b = rate[arm], rate[~arm]
    degrees = float(len(rate) - 2)
    if min(len(a), len(b)) < 2:
        return Fit(float(np.log(a.mean() / b.mean())), np.nan, degrees, len(events), len(rate))
    variance = sum(float(one.var(ddof=1)) / len(one) / float(one.mean()) ** 2 for one in (a, b))
    return Fit(float(np.log(a.mean() / b.mean())), float(np.sqrt(variance)), degrees, len(events), len(rate))


def _compared(
    y: Floats,
    treated: Floats,
    columns: Floats | None,
    cluster: Labels | None,
    inference: str,
    permutations: int,
    luck: Luck | None,
    stratum: Labels | None,
) -> Estimate:
    """Return the coefficient of treatment beside other columns."""
    _known(inference)
    if inference == "randomisation":
        return _reassigned(y, treated, columns, cluster, permutations, luck, stratum, None)
    if inference == "cluster means":
        group = numbered(cluster, len(y), apart=True)
        size = np.bincount(group)
        mine = [np.bincount(group, one) / size for one in (treated, *(() if columns is None else columns.T))]
        means = np.bincount(group, y) / size
        fit = least_squares(means, np.column_stack(mine), None, _of_clusters(stratum, group), alike=True)
        return _told(Fit(fit.value, fit.error, fit.degrees, len(y), len(size)))
    x = np.column_stack([treated] if columns is None else [treated, columns])
    return _told(least_squares(y, x, None if inference == "robust" else cluster, stratum))


def _of_clusters(stratum: Labels | None, group: Numbers) -> Labels | None:
    """Return the stratum of each cluster."""
    return None if stratum is None else np.asarray(stratum)[np.unique(group, return_index=True)[1]]


def _changes(y: Floats, wave: Floats, treated: Floats, cluster: Labels | None, stratum: Labels | None) -> Estimate:
    """Return the difference between arms of the change of the clusters' means; clusters seen once are left out."""
    group = numbered(cluster, len(y), apart=True)
    late = (wave > 0).astype(np.float64)
    size = np.array([np.bincount(group, 1 - late), np.bincount(group, late)])
    sums = np.array([np.bincount(group, y * (1 - late)), np.bincount(group, y * late)])
    both = (size > 0).all(axis=0)
    if not both.any():
        return _told(Fit(np.nan, np.nan, np.nan, len(y), 0))
    change = np.diff(sums[:, both] / size[:, both], axis=0)[0]
    arm = (np.bincount(group, treated) > 0)[both].astype(np.float64)
    strata = _of_clusters(stratum, group)
    fit = least_squares(change, arm[:, None], None, None if strata is None else strata[both], alike=True)
    return _told(Fit(fit.value, fit.error, fit.degrees, len(y), len(change)))


def _reassigned(
    y: Floats,
    treated: Floats,
    columns: Floats | None,
    cluster: Labels | None,
    permutations: int,
    luck: Luck | None,
    stratum: Labels | None,
    wave: Floats | None,
) -> Estimate:
    """Return the estimate under re-assignment."""
    found = reassignment.of_means(y, treated, columns, cluster, stratum, permutations, luck, wave)
    return Estimate(*found, degrees=np.inf, n=len(y), clusters=int(numbered(cluster, len(y), apart=True).max()) + 1)
