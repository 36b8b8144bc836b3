"""Exponential and logistic from plain additions and multiplications: the same bits on every machine.

The libraries' own ``exp`` differs in the last bit between processors; one such bit can decide whether a draw
falls below a chance, and then two machines tell two stories.
"""

import math
from functools import lru_cache

from cohesion_sim.compiled import loop_body


@loop_body
def exp(x):
    """Return e to the x as float64 (relative error below 1e-13 for |x| < 40, clipped beyond).

    Taylor to the twelfth order at x / 128, then seven squarings: no table and no branch, so that loops over
    residents become vector instructions.
    """
    r = min(max(float(x), -40.0), 40.0) * 0.0078125
    s = 1.0 / 479001600.0
    s = 1.0 / 39916800.0 + r * s
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
    s *= s
    s *= s
    s *= s
    s *= s
    s *= s
    s *= s
    return s * s


@loop_body
def logistic(x):
    """Return 1 / (1 + e^-x) as float64."""
    return 1.0 / (1.0 + exp(-x))


def ln(x: float) -> float:
    """Return the natural logarithm of ``x`` > 0 (error below 1e-12), by Newton's method on `exp`."""
    part, doublings = math.frexp(x)  # exact: it only takes the number apart
    y = part - 1.0
    for _ in range(5):
        y += part * exp.py_func(-y) - 1.0
    return y + doublings * 0.6931471805599453


@lru_cache(maxsize=4096)  # the same few questions come every week
def power(x: float, y: float) -> float:
    """Return ``x`` >= 0 to the ``y`` >= 0: by repeated products when ``y`` is whole."""
    if y != int(y):
        return exp.py_func(y * ln(x)) if x > 0 else 0.0
    product, square, left = 1.0, float(x), int(y)
    while left:
        if left & 1:
            product *= square
        square *= square
        left >>= 1
    return product
