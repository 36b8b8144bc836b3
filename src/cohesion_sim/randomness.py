"""Random numbers that belong to (seed, decision, week, entity), never to call order.

Philox4x32-10 [SALMON11] is a function from a 64-bit key and a 128-bit counter to four 32-bit numbers. The key
is the seed; the counter is (entity, partner, week, decision). So the same person in the same week meets the
same luck with and without the programme, on any number of threads and machines. There is no other source of
randomness in the package; a test forbids it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.compiled import fold, loop_body, piece, rule

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_SCALE = np.float32(2.0**-24)


@lru_cache(maxsize=4096)
def decision(name: str) -> np.uint32:
    """Return the number of a decision: a checksum of its name, the same on every machine and in every version."""
    return np.uint32(zlib.crc32(name.encode()))


@fold
def _round(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Return the counter after one round. On its own, so that loops over residents become vector instructions."""
    p0 = _M0 * np.uint64(c0)
    p1 = _M1 * np.uint64(c2)
    return (
        np.uint32(np.uint32(p1 >> _HALF) ^ c1 ^ k0),
        np.uint32(p1 & _LOW),
        np.uint32(np.uint32(p0 >> _HALF) ^ c3 ^ k1),
        np.uint32(p0 & _LOW),
    )


@piece
def philox(entity, partner, week, what, seed):  # type: ignore[no-untyped-def]
    """Return four independent uint32 for the counter (entity, partner, week, what) under a uint64 seed."""
    c0, c1, c2, c3 = np.uint32(entity), np.uint32(partner), np.uint32(week), np.uint32(what)
    k0, k1 = np.uint32(seed & _LOW), np.uint32(seed >> _HALF)
    for turn in range(np.uint32(10)):
        step = np.uint32(turn)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + step * _W0), np.uint32(k1 + step * _W1))
    return c0, c1, c2, c3


@loop_body
def unit(word):  # type: ignore[no-untyped-def]
    """Return the float32 in [0, 1) of a uint32; exact, so the same everywhere."""
    return np.float32(word >> np.uint32(8)) * _SCALE


@rule
def uniforms(seed, what, week, entities, key):  # type: ignore[no-untyped-def]
    """Return one float32 in [0, 1) for each int64 entity under (seed, what, week).

    Entities from 0 are looked up in ``key`` (int64), unless it is empty.
    """
    out = np.empty(entities.size, np.float32)
    for k in range(entities.size):
        entity = np.uint64(key[entities[k]] if key.size and entities[k] >= 0 else entities[k])
        word = philox(
            np.uint32(entity & np.uint64(0xFFFFFFFF)),
            np.uint32(entity >> np.uint64(32)),
            np.uint32(week),
            what,
            seed,
        )
        out[k] = unit(word[0])
    return out


NO_KEY = np.empty(0, np.int64)
NO_KEY.flags.writeable = False  # as the keys of residents are: one compiled form serves both


@dataclass(frozen=True, slots=True)
class Luck:
    """The numbers of one scope (the label of an intervention, or a part of the model) under one seed.

    ``key`` maps a row to the number by which a resident is known for life; without it a row is its own key.
    """

    seed: int
    scope: str
    key: NDArray[np.int64] | None = None

    def uniform(self, decision_name: str, week: int, entities: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return one float32 in [0, 1) for each entity; shape of ``entities``, which must be one-dimensional.

        An entity below 0 is no resident: it stands for the week itself.
        """
        entities = np.ascontiguousarray(entities, np.int64)
        key = NO_KEY if self.key is None else self.key
        what = decision(f"{self.scope}/{decision_name}")
        numbers: NDArray[np.float32] = uniforms(np.uint64(self.seed), what, np.uint32(week), entities, key)
        return numbers

    def normal(self, decision_name: str, week: int, entities: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return one number with mean 0 and SD 1 for each entity: the sum of four uniforms, so |number| < 3.47.

        It needs no logarithm, whose last bit differs between machines.
        """
        total = sum(self.uniform(f"{decision_name}{k}", week, entities).astype(np.float64) for k in range(4))
        normal: NDArray[np.float64] = (np.asarray(total) - 2.0) * 3.0**0.5
        return normal

    def shuffled(self, decision_name: str, week: int, entities: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return the entities (int32) in random order; each keeps its number whoever else is listed."""
        order = np.argsort(self.uniform(decision_name, week, entities), kind="stable")
        return np.asarray(entities, np.int32)[order]
