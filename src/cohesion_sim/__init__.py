"""Agent-based simulation of community social cohesion in rural municipalities, with and without a programme.

The names below are loaded when first used; importing the package does nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Activist": "model",
    "CohesionModel": "model",
    "InputError": "parameters",
    "MEASURES": "measures",
    "Official": "model",
    "ReligiousLeader": "model",
    "Resident": "model",
    "Result": "studies.results",
    "builtin_scenarios": "files",
    "compare": "studies.execute",
    "load_scenario": "files",
    "power": "studies.trial.power",
    "run": "studies.execute",
    "study": "studies.conduct:conduct",
    "trial": "studies.trial.run:run_trial",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        home, _, other = _HOMES[name].partition(":")
        return getattr(import_module(f"cohesion_sim.{home}"), other or name)
    raise AttributeError(f"module 'cohesion_sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
