"""How rules are compiled: once a machine, kept on disk, without Python's lock, and without what nobody calls.

Numba gives every function a door for Python and one for C. The door for Python takes as long to compile as many a rule,
because it takes whole tuples of arrays apart; what only other rules call needs none.
"""

import ctypes
import gc
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numba

# The GNU C library gives every further thread a heap of its own, in which arrays lie so that the rules take a quarter
# longer. All share one (mallopt, M_ARENA_MAX); threads that begin from here on are asked.
if sys.platform == "linux":
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(-8, 1)

# A resident's eight attitudes fit one vector register; without this LLVM pass Numba handles them one by one (1.6 times
# slower). The pass changes speed only: it never reorders sums.
numba.config.SLP_VECTORIZE = 1


@lru_cache(maxsize=1)
def _sources() -> str:
    """Return a checksum of all rules: what was kept of any of them is compiled anew when one is changed."""
    here = Path(__file__).parent
    files = [here / "compiled.py", here / "randomness.py", *sorted((here / "kernels").glob("*.py"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def ruled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a rule, without Python's lock, and keeps it on disk."""
    compiles = numba.njit(cache=True, nogil=True, no_cfunc_wrapper=True, **options)

    def decorated(function: Callable[..., Any]) -> Any:
        compiled = compiles(function)
        # Numba asks only whether the rule's own file has changed, not those of its parts.
        with suppress(AttributeError, OSError):
            file = compiled._cache._cache_file
            file._source_stamp = (file._source_stamp, _sources())
        return compiled

    return decorated


rule = ruled()
"""A rule that Python calls."""

part = ruled(no_cpython_wrapper=True)
"""A part of a rule, compiled once. It has no door: only rules may call it, Python would fall into the void."""

piece = numba.njit(forceinline=True, no_cfunc_wrapper=True)
"""A few lines that become part of the machine code of whoever calls them."""

fold = numba.njit(forceinline=True, no_cfunc_wrapper=True, no_cpython_wrapper=True)
"""The same without a door for Python."""

loop_body = numba.njit(inline="always")
"""A few lines that Numba copies into the caller: dearer to compile, but loops over them become vector instructions."""


@lru_cache(maxsize=256)
def door(inner: Callable[..., Any]) -> Callable[..., Any]:
    """Return a part as a rule that Python may call: for tests and known answers, compiled when first called."""
    plain = inner.py_func  # type: ignore[attr-defined]
    # Under a name of its own, or Numba would take what it kept of the part for what it kept of the door.
    own = FunctionType(plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__)
    own.__module__, own.__doc__ = plain.__module__, plain.__doc__
    own.__qualname__ = f"{plain.__qualname__}_door"
    same = {name: value for name, value in inner.targetoptions.items() if name == "error_model"}  # type: ignore[attr-defined]
    called: Callable[..., Any] = ruled(**same)(own)
    return called


@contextmanager
def compiling() -> Iterator[None]:
    """Yield with Python's search for garbage put off: while Numba compiles, it takes a quarter of the time.

    The compiler makes millions of objects that live until it has done, and every search goes through all of them.
    """
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()
