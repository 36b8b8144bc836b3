"""Exponential and logistic from plain additions and multiplications: the same bits on every machine.

The libraries' own ``exp`` differs in the last bit between processors; one such bit can decide whether a draw
falls below a chance, and then two machines tell two stories.
"""

import numba
import numpy as np

_LN2 = 0.6931471805599453
_POWERS = np.array([2.0**k for k in range(-64, 65)])


@numba.njit(inline="always")
def exp(x):
    """Return e to the x as float64 (relative error below 1e-13 for |x| < 40, clipped beyond)."""
    x = min(max(float(x), -40.0), 40.0)
    k = np.floor(x / _LN2 + 0.5)
    r = x - k * _LN2
    s = 1.0 / 39916800.0  # Taylor to the eleventh order, |r| <= 0.35
    s = 1.0 / 3628800.0 + r * s
    s = 1.0 / 362880.0 + r * s
    s = 1.0 / 40320.0 + r * s
    s = 1.0 / 5040.0 + r * s
    s = 1.0 / 720.0 + r * s
    s = 1.0 / 120.0 + r * s
    s = 1.0 / 24.0 + r * s
    s = 1.0 / 6.0 + r * s
    s = 0.5 + r * s
    s = 1.0 + r * s
    s = 1.0 + r * s
    return s * _POWERS[np.int64(k) + 64]


@numba.njit(inline="always")
def logistic(x):
    """Return 1 / (1 + e^-x) as float64."""
    return 1.0 / (1.0 + exp(-x))
