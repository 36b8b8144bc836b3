"""Estimators of trials. Interim version."""
from __future__ import annotations

from dataclasses import dataclass
import numpy as np


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    error: float
    low: float
    high: float
    p: float
    degrees: float
    n: int
    clusters: int


def _make(value, error, df, n, k):
    from scipy.special import stdtr, stdtrit
    t = value / error if error > 0 else np.nan
    half = stdtrit(df, .975) * error
    return Estimate(value, error, value - half, value + half, float(2 * stdtr(df, -abs(t))), df, n, k)


def _ols(y, X, cluster, j=1):
    keep = np.ones(X.shape[1], bool)
    beta, *_ = np.linalg.lstsq(X, y, rcond=None)
    e = y - X @ beta
    inv = np.linalg.pinv(X.T @ X)
    if cluster is None:
        s = X * e[:, None]
        V = inv @ (s.T @ s) @ inv * len(y) / (len(y) - X.shape[1])
        return beta[j], V[j, j] ** .5, len(y) - X.shape[1], len(y)
    known, idx = np.unique(cluster, return_inverse=True)
    g = len(known)
    s = np.zeros((g, X.shape[1]))
    np.add.at(s, idx, X * e[:, None])
    V = inv @ (s.T @ s) @ inv * g / (g - 1) * (len(y) - 1) / (len(y) - X.shape[1])
    return beta[j], V[j, j] ** .5, max(g - 2, 1), g


def _design(treated, *columns, stratum=None):
    cols = [np.ones(len(treated)), treated, *columns]
    if stratum is not None:
        known, idx = np.unique(stratum, return_inverse=True)
        D = np.eye(len(known))[idx][:, 1:]
        return np.column_stack([*cols, D])
    return np.column_stack(cols)


def _fit(y, X, cluster, inference):
    if inference == "robust":
        cluster = None
    b, se, df, k = _ols(y, X, cluster)
    return _make(b, se, df, len(y), k)


def difference(y, treated, cluster=None, weights=None, inference="cluster", permutations=499, luck=None, stratum=None):
    if inference == "cluster means":
        return _means(y, treated, cluster)
    return _fit(y, _design(treated, stratum=stratum), cluster, inference)


def _means(y, treated, cluster, baseline=None):
    known, idx = np.unique(cluster, return_inverse=True)
    size = np.bincount(idx)
    m, t = np.bincount(idx, y) / size, np.bincount(idx, treated) / size
    cols = [np.ones(len(m)), t]
    if baseline is not None:
        cols.append(np.bincount(idx, baseline) / size)
    X = np.column_stack(cols)
    beta, *_ = np.linalg.lstsq(X, m, rcond=None)
    e = m - X @ beta
    df = len(m) - X.shape[1]
    V = np.linalg.pinv(X.T @ X) * (e @ e) / df
    return _make(beta[1], V[1, 1] ** .5, df, len(y), len(m))


def adjusted(y, baseline, treated, cluster=None, weights=None, inference="cluster", permutations=499, luck=None, stratum=None):
    miss = np.isnan(baseline)
    base = np.where(miss, np.nanmean(baseline), baseline)
    if inference == "cluster means":
        return _means(y, treated, cluster, base)
    return _fit(y, _design(treated, base, stratum=stratum), cluster, inference)


def did(y, wave, treated, cluster=None, weights=None, inference="cluster", permutations=499, luck=None, stratum=None):
    X = np.column_stack([np.ones(len(y)), treated * wave, treated, wave])
    return _fit(y, X, cluster, inference)


def two_way(y, exposed, place, wave):
    a = np.eye(len(np.unique(place)))[np.unique(place, return_inverse=True)[1]]
    b = np.eye(len(np.unique(wave)))[np.unique(wave, return_inverse=True)[1]][:, 1:]
    X = np.column_stack([np.zeros(len(y)), exposed, a, b])[:, 1:]
    X = np.column_stack([X[:, 1:2] * 0 + 1, X])[:, :]
    beta = _ols(y, np.column_stack([a[:, 0] * 0 + 1, exposed, a[:, 1:], b]), place)
    return _make(beta[0], beta[1], beta[2], len(y), beta[3])


def rate_ratio(events, exposure, treated, cluster=None, inference="cluster", permutations=499, luck=None, **_):
    t = treated > 0
    e1, e0 = events[t].sum(), events[~t].sum()
    if not e1 or not e0:
        return Estimate(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, len(events), len(events))
    r1, r0 = e1 / exposure[t].sum(), e0 / exposure[~t].sum()
    v = sum((((events[m] - r * exposure[m]) ** 2).sum()) / (r * exposure[m].sum()) ** 2 * m.sum() / max(m.sum() - 1, 1) for m, r in ((t, r1), (~t, r0)))
    est = _make(np.log(r1 / r0), v ** .5, len(events) - 2, len(events), len(events))
    return Estimate(np.exp(est.value), est.error, np.exp(est.low), np.exp(est.high), est.p, est.degrees, est.n, est.clusters)
