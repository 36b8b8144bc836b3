"""Least squares with variances that hold when few clusters were assigned.

The variance is CR2 (Bell & McCaffrey 2002): the residuals of a cluster are enlarged by what the fit took from them,
``(I - H_gg)^(-1/2)``; for clusters of one it is HC2. The degrees of freedom are Bell and McCaffrey's too (Satterthwaite
under independent errors; Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004). For two arms of 10 equal
clusters they are 18, as in the t-test on cluster means; for 10 against 5 they are 8 where the usual k - 2 says 13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
_MANY = 400
"""From so many clusters on degrees of freedom are counted, clusters less parameters: they no longer matter."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The coefficient of the first column: value, its error, degrees of freedom, rows and clusters."""

    value: float
    error: float
    degrees: float
    n: int
    clusters: int


def numbered(labels: NDArray[np.generic] | None, n: int, *, apart: bool = False) -> Numbers:
    """Return labels as numbers from 0; without labels all the same, or (``apart``) all different."""
    if labels is None:
        return np.arange(n) if apart else np.zeros(n, np.int64)
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64).reshape(n)


def centred(values: Floats, group: Numbers) -> Floats:
    """Return values (n,) or (n, p) less the mean of their group."""
    size = np.bincount(group)
    if values.ndim == 1:
        return np.asarray(values - (np.bincount(group, values) / size)[group])
    return np.column_stack([centred(column, group) for column in values.T])


def least_squares(
    y: Floats,
    columns: Floats,
    cluster: NDArray[np.generic] | None = None,
    stratum: NDArray[np.generic] | None = None,
    *,
    alike: bool = False,
) -> Fit:
    """Return the coefficient of the first of ``columns`` (n, p) with fixed effects of strata (a constant without).

    ``alike`` takes the errors to be independent with one variance, as the t-test does. Value NaN: not identified;
    error NaN: no degrees of freedom are left.
    """
    n = len(y)
    group, s = numbered(cluster, n, apart=True), numbered(stratum, n)
    clusters = int(group.max()) + 1
    first = np.zeros(clusters, np.int64)
    first[group] = s
    if (first[group] != s).any():  # a cluster in several strata: their fixed effects become columns
        columns = np.column_stack([columns, np.eye(int(s.max()) + 1)[s][:, 1:]])
        first, s = np.zeros_like(first), np.zeros_like(s)
    x = centred(np.asarray(columns, np.float64), s)
    norm = np.sqrt((x**2).sum(axis=0))
    keep = norm > 1e-9 * np.sqrt(n)
    if not keep[0] or _explained(x[:, 0], x[:, 1:][:, keep[1:]] / norm[1:][keep[1:]]):
        return Fit(np.nan, np.nan, np.nan, n, clusters)
    x = x[:, keep] / norm[keep]
    inverse = np.linalg.pinv(x.T @ x, rcond=1e-12, hermitian=True)
    beta = inverse @ (x.T @ y)
    residual = centred(np.asarray(y, np.float64), s) - x @ beta
    own = 1.0 / np.bincount(s)
    used = len(own) + round(float(np.trace(inverse @ (x.T @ x))))
    if alike:
        degrees = float(n - used)
        variance = inverse[0, 0] * (residual @ residual) / degrees if degrees > 0 else np.nan
    else:
        variance, degrees = sandwich(x, residual, inverse, group, own, first, used)
    error = float(np.sqrt(variance)) if degrees > 0 else np.nan
    return Fit(float(beta[0] / norm[0]), error / float(norm[0]), degrees, n, clusters)


def _explained(column: Floats, others: Floats) -> bool:
    """Return whether the other columns leave nothing of this one."""
    if not others.shape[1]:
        return False
    rest = column - others @ np.linalg.lstsq(others, column, rcond=None)[0]
    return bool(rest @ rest < 1e-10 * (column @ column))


def sandwich(
    x: Floats, residual: Floats, inverse: Floats, cluster: Numbers, own: Floats | None, stratum: Numbers, used: int
) -> tuple[float, float]:
    """Return the variance (CR2) of the first coefficient and its degrees of freedom.

    Parameters
    ----------
    x, residual, inverse
        Columns (n, p), centred within strata; residuals (n,); ``(x'x)^-1``.
    cluster, stratum
        Number of the cluster of each row, of the stratum of each cluster.
    own
        1 / rows of each stratum; None when ``x`` holds its own constant.
    used
        Parameters in all.
    """
    n, clusters = len(x), len(stratum)
    z = x if own is None else np.column_stack([np.ones(n), x])
    r, skip = z.shape[1], z.shape[1] - x.shape[1]
    value, vector = np.linalg.eigh(inverse)
    root = np.zeros((clusters, r, r))  # root root' is the part of (X'X)^-1 that a cluster touches
    root[:, skip:, skip:] = vector * np.sqrt(np.maximum(value, 0))
    if own is not None:
        root[:, 0, 0] = np.sqrt(own[stratum])
    row = np.concatenate([np.zeros(skip), inverse[0]])
    if clusters == n:
        leverage = np.minimum(np.einsum("ij,ijk->ik", z, root[cluster]) ** 2 @ np.ones(r), 1.0)
        grow = np.where(leverage < 1 - 1e-9, 1 / np.sqrt(np.maximum(1 - leverage, 1e-9)), 0.0)
        influence = grow * residual * (z @ row)
        length, moved = (grow * (z @ row)) ** 2, z * (grow * (z @ row))[:, None]
        stratum = stratum[cluster]
    else:
        order = np.argsort(cluster, kind="stable")
        start = np.searchsorted(cluster[order], np.arange(clusters))
        sums = np.add.reduceat((z[:, :, None] * z[:, None, :])[order], start, axis=0)
        scores = np.add.reduceat((z * residual[:, None])[order], start, axis=0)
        taken, turn = np.linalg.eigh(root.transpose(0, 2, 1) @ sums @ root)
        turn = root @ turn
        left = np.maximum(1 - taken, 0.0)
        grow = np.where(left > 1e-9, 1 / np.sqrt(np.maximum(left, 1e-9)), 0.0) - 1
        grow = np.where(taken > 1e-9, grow / np.where(taken > 1e-9, taken, 1.0), 0.5)
        weight = row + np.einsum("gij,gj,gkj,gk->gi", turn, grow, turn, sums @ row)
        influence = (weight * scores).sum(axis=1)
        moved = np.einsum("gij,gj->gi", sums, weight)
        length = (weight * moved).sum(axis=1)
    degrees = float(clusters - used)
    if clusters <= _MANY:
        degrees = _degrees(length, moved[:, skip:], inverse, moved[:, 0] if skip else None, own, stratum)
    return float(influence @ influence), degrees


def _degrees(
    length: Floats, moved: Floats, inverse: Floats, constant: Floats | None, own: Floats | None, stratum: Numbers
) -> float:
    """Return Bell and McCaffrey's degrees of freedom; 0 when the variance cannot be known."""
    k = np.diag(length) - moved @ inverse @ moved.T
    if own is not None and constant is not None:
        k -= np.outer(constant, constant) * own[stratum] * (stratum[:, None] == stratum)
    trace = float(np.trace(k))
    return trace**2 / float((k**2).sum()) if trace > 1e-9 * float(length.sum()) else 0.0
