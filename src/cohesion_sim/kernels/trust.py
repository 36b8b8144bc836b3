"""Trust in institutions, felt security, grievance, skill, participation: the slow states (odd.md 7.5).

Trust is a beta reputation [JOSANG02]: counts of good and bad experience, forgotten at a constant
rate; ordinary life brings back as much as is forgotten, so that trust rests where it started unless something
happens.
"""

import numpy as np

from cohesion_sim.compiled import loop_body, rule


@loop_body
def expected(good, bad):
    """Return the posterior mean of trust after ``good`` and ``bad`` experiences under a flat prior."""
    return (good + 1.0) / (good + bad + 2.0)


@rule
def week(
    good,
    bad,
    good_start,
    bad_start,
    forget,
    security,
    security_start,
    grievance,
    grievance_start,
    recover,
    skill,
    skill_decay,
    participation,
    busy,
    acts,
):
    """Let a week pass over the slow states of every resident, in place. Rates are shares of the distance per week."""
    tenth = np.float32(0.1)
    for i in range(np.uint32(good.size)):
        good[i] += forget * (good_start[i] - good[i])
        bad[i] += forget * (bad_start[i] - bad[i])
        security[i] += recover * (security_start[i] - security[i])
        grievance[i] += recover * (grievance_start[i] - grievance[i])
        aim = np.float32(1.0 if busy[i] else 0.5 * acts[i])
        participation[i] += tenth * (aim - participation[i])
        skill[i] *= np.float32(1.0) - skill_decay
