"""Who is invited, who comes, who stays, who sits beside whom: the pieces every activity needs.

All choices rest on draws that belong to a person and a week, so the same question has the same answer, and a
person keeps her number whoever else is listed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.activities import Draws, PeopleView, Rows
from cohesion_sim.kernels import invitations
from cohesion_sim.kernels.arithmetic import power
from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.population import BODIES, ROLES

RESIDENT, OFFICIAL, RELIGIOUS_LEADER, ACTIVIST = (
    ROLES.index(role) for role in ("resident", "official", "religious_leader", "activist")
)
ADULT = 18
YOUTH_BY_LAW = (14, 28)
"""First and last age of youth in the law of Kyrgyzstan (from memory, medium confidence)."""
YOUTH = (12, 22)
"""First and last age of those whose quarrels may come to blows (assumption)."""
GIRLS = (14, 17)
"""First and last age of girls at risk of an early marriage [C5]."""
ANSWERS_FROM = 14
"""Age from which attitudes and norms are asked."""


def where(mask: NDArray[np.bool_]) -> Rows:
    """Return the rows for which ``mask`` (n,) is true."""
    return np.flatnonzero(mask).astype(np.int32)


def offered(people: PeopleView, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return who of ``mask`` (n,) this label may invite at all: everybody, or those a trial has assigned to it."""
    return mask if people.offered is None else mask & people.offered


def aged(people: PeopleView, youngest: float, oldest: float = 200) -> NDArray[np.bool_]:
    """Return who is at home, from ``youngest`` to ``oldest`` completed years old, and offered it, shape (n,)."""
    return offered(people, aged_of(people, slice(None), youngest, oldest))


def aged_of(people: PeopleView, rows: Rows | slice, youngest: float, oldest: float = 200) -> NDArray[np.bool_]:
    """Return which of ``rows`` are at home and from ``youngest`` to ``oldest`` completed years old, (rows,)."""
    age = people.age[rows]
    return (age >= youngest) & (age < oldest + 1) & ~people.away[rows]


def in_village(people: PeopleView, name: str) -> NDArray[np.bool_]:
    """Return who lives in the village and is offered it, shape (n,); of all villages when ``name`` is empty.

    Raises
    ------
    InputError
        No village has this name.
    """
    if not name:
        return offered(people, np.ones(people.n, np.bool_))
    return offered(people, people.village == index(name, people.village_names, "village"))


def speaks(people: PeopleView, language: str, rows: Rows | None = None) -> NDArray[np.bool_]:
    """Return which of ``rows`` (without: of all) speak the language well; the first language when empty."""
    bit = index(language or people.language_names[0], people.language_names, "language")
    known: NDArray[np.bool_] = ((people.speaks if rows is None else people.speaks[rows]) >> bit) & 1 == 1
    return known


def index(name: str, known: tuple[str, ...], what: str) -> int:
    """Return the position of ``name`` in ``known``.

    Raises
    ------
    InputError
        The name is not known.
    """
    if name not in known:
        raise InputError(f"no {what} is called '{name}'{nearest(name, known)}")
    return known.index(name)


def in_body(people: PeopleView, *names: str) -> NDArray[np.bool_]:
    """Return who sits in one of these bodies (names of ``population.BODIES``), shape (n,)."""
    return np.isin(people.body, [BODIES.index(name) for name in names])


def chance(draws: Draws, decision: str, week: int) -> float:
    """Return the one number of a decision that belongs to nobody in particular, in [0, 1)."""
    return float(draws.uniform(decision, week, np.full(1, -1, np.int32))[0])


def come(rows: Rows, share: float, draws: Draws, decision: str, week: int) -> Rows:
    """Return those of ``rows`` who come when each does so with probability ``share``."""
    return rows[draws.uniform(decision, week, rows) < share]


def stay(rows: Rows, drop_out: float, draws: Draws, start: int, week: int) -> Rows:
    """Return those of ``rows`` who have not dropped out since ``start``; ``drop_out`` is lost in a year.

    Everybody has one moment of dropping out, so who has left does not come back [C71].
    """
    kept = power(1 - drop_out, (week - start) / 52)
    stayed: Rows = rows[draws.uniform("stays", start, rows) < kept]
    return stayed


def without(rows: Rows, others: Rows) -> Rows:
    """Return ``rows``, in their order, without ``others``."""
    return rows[~np.isin(rows, others)]


def joined(*sets: Rows) -> Rows:
    """Return the rows of all sets, each once, in ascending order."""
    return np.unique(np.concatenate(sets)).astype(np.int32)


def balanced(
    rows: Rows, luck: NDArray[np.float32], groups: NDArray[np.integer], n: int, balance: float
) -> Rows:
    """Return ``n`` of ``rows`` (all when fewer): in each group those with the smallest ``luck``.

    With ``balance`` 0 every group gets seats in proportion to its number in ``rows``, on average exactly and
    each time to within one; with 1 all get as many, as long as they last. ``luck`` and ``groups`` have the
    shape of ``rows``.
    """
    if n <= 0 or len(rows) == 0:
        return rows[:0]
    group = np.asarray(groups, np.int64)
    group = group - group.min()
    share = np.array([power(size, 1 - balance) for size in np.bincount(group).tolist()])
    chosen: Rows = rows[invitations.balanced(luck, group, share, n)]
    return chosen


def invited(
    people: PeopleView,
    draws: Draws,
    week: int,
    mask: NDArray[np.bool_],
    n: int,
    *,
    balance: float = 0.0,
    name: str = "invited",
) -> Rows:
    """Return ``n`` residents drawn from those in ``mask`` (n,), communities balanced as `balanced` says."""
    return drawn(people, draws, week, where(offered(people, mask)), n, balance=balance, name=name)


def drawn(
    people: PeopleView, draws: Draws, week: int, rows: Rows, n: int, *, balance: float = 0.0, name: str = "invited"
) -> Rows:
    """Return ``n`` of ``rows``, communities balanced as `balanced` says."""
    if n <= 0:
        return np.empty(0, np.int32)
    return balanced(rows, draws.uniform(name, week, rows), people.community[rows], n, balance)


def most_active(people: PeopleView, draws: Draws, week: int, mask: NDArray[np.bool_], n: int) -> Rows:
    """Return the ``n`` residents in ``mask`` who joined most activities, then with most participation."""
    if n <= 0:
        return np.empty(0, np.int32)
    rows = draws.shuffled("most active", week, where(offered(people, mask)))
    return rows[np.lexsort((-people.participation[rows], -people.attendance[rows]))[:n]]


def seated(people: PeopleView, rows: Rows, mixing: float) -> Rows:
    """Return ``rows`` in the order they sit: communities alternate (``mixing`` 1) or sit in blocks (0)."""
    if len(rows) == 0:
        return rows
    groups = people.community[rows]
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    first = np.cumsum(sizes) - sizes
    seat = np.empty(len(rows))
    seat[order] = np.arange(len(rows)) + 0.5
    alternating = (seat - first[groups]) / sizes[groups]
    block = seat / len(rows)
    return rows[np.lexsort((groups, mixing * alternating + (1 - mixing) * block))]


def speak_for_several(people: PeopleView, rows: Rows) -> bool:
    """Return whether officials or religious leaders of at least two communities are among ``rows``."""
    role = people.role[rows]
    communities = people.community[rows[(role == OFFICIAL) | (role == RELIGIOUS_LEADER)]]
    return len(communities) > 1 and bool((communities != communities[0]).any())


def favoured(
    people: PeopleView, draws: Draws, week: int, mask: NDArray[np.bool_], coverage: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return who of ``mask`` is favoured and who is left out, (n,), when some quarters get something.

    The share ``coverage`` of the quarters gets it: those where the community of one resident, drawn for the
    week, is strongest, since this is how a grant comes to look ethnic (assumption).
    """
    rows = where(mask)
    if len(rows) == 0:
        return mask, mask
    community = people.community[rows[np.argmin(draws.uniform("favoured", week, rows))]]
    quarter = people.quarter[rows]
    everybody = np.bincount(quarter, minlength=int(people.quarter.max()) + 1)
    theirs = np.bincount(quarter[people.community[rows] == community], minlength=len(everybody))
    share = np.where(everybody > 0, theirs / np.maximum(everybody, 1), -1.0)
    n = round(coverage * int((everybody > 0).sum()))
    chosen = np.zeros(len(everybody), np.bool_)
    chosen[np.argsort(-share, kind="stable")[:n]] = True
    inside = mask & chosen[people.quarter]
    return inside, mask & ~inside


def is_session(week: int, start: int, until: int, every: int) -> bool:
    """Return whether a series from ``start`` to ``until`` (first week without it) has a session now."""
    return start <= week < until and (week - start) % every == 0


def sessions(start: int, until: int, every: int, weeks: int) -> int:
    """Return how many sessions such a series has in a run of ``weeks`` weeks."""
    end = min(until, weeks)
    return 0 if end <= start else (end - start - 1) // every + 1
