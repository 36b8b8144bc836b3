"""Power and smallest detectable effect of a cluster trial in closed form, before anything is simulated.

``k`` clusters of ``m`` respondents with intraclass correlation ``icc``; effects d are in SD of individuals. With equal
arms Var(d) = (4/k) (icc + (1 - icc)/m); in general 4 becomes 1 / (s (1 - s)) for a share s of treated clusters. A
baseline that explains the share ``r2`` of the variance of the estimate takes that share away. t has k - 2 degrees.
"""

from __future__ import annotations

import numpy as np


def error(k: float, m: float, icc: float, *, r2: float = 0.0, treated_share: float = 0.5) -> float:
    """Return the standard error of d."""
    each = (icc + (1 - icc) / m) * (1 - r2)
    return float(np.sqrt(each / (k * treated_share * (1 - treated_share))))


def power_closed_form(
    k: float, m: float, icc: float, d: float, *, r2: float = 0.0, alpha: float = 0.05, treated_share: float = 0.5
) -> float:
    """Return the chance that a two-sided test at ``alpha`` sees an effect d (noncentral t); NaN below 3 clusters."""
    from scipy.special import nctdtr, stdtrit

    if k <= 2:
        return float("nan")
    away = abs(d) / error(k, m, icc, r2=r2, treated_share=treated_share)
    critical = stdtrit(k - 2, 1 - alpha / 2)
    return float(1 - nctdtr(k - 2, away, critical) + nctdtr(k - 2, away, -critical))


def smallest_effect(
    k: float,
    m: float,
    icc: float,
    *,
    r2: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
    treated_share: float = 0.5,
) -> float:
    """Return the smallest d seen with this power (Bloom 1995: the sum of two t-quantiles times the error)."""
    from scipy.special import stdtrit

    if k <= 2:
        return float("nan")
    quantiles = stdtrit(k - 2, 1 - alpha / 2) + stdtrit(k - 2, power)
    return float(quantiles * error(k, m, icc, r2=r2, treated_share=treated_share))
