"""What is remembered, bounded by what it weighs: a place of 20,000 people weighs as much as a thousand answers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from cohesion_sim.scenario import Scenario

MB = 2**20
_ENTRY = 64
"""Bytes that anything else than arrays and texts is taken for; films are nearly all arrays."""


def weight(answer: Any) -> int:
    """Return about how many bytes an answer keeps in memory; scenarios, which the shelf keeps anyway, weigh nothing."""
    if isinstance(answer, Scenario):
        return 0
    own, parts = 0, list[Any]()
    if isinstance(answer, np.ndarray):
        own = answer.nbytes
    elif isinstance(answer, bytes | str):
        own = len(answer)
    elif isinstance(answer, Mapping):
        parts = [*answer, *answer.values()]
    elif isinstance(answer, list | tuple):
        parts = [*answer]
    elif is_dataclass(answer):
        parts = [getattr(answer, field.name) for field in fields(answer)]
    return _ENTRY + own + sum(map(weight, parts))


class Memory:
    """Things by key, from any thread; when they weigh more than ``most`` bytes, the least used go."""

    def __init__(self, most: int) -> None:
        self._most, self._weight = most, 0
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][1]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep something; what is there already stays."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = (weight(value), value)
            self._weight += self._kept[key][0]
            while self._weight > self._most:
                self._weight -= self._kept.popitem(last=False)[1][0]
