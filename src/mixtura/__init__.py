"""Mixtura: the groups in a table, and the rows that do not belong.

Names are imported when they are first used: the command line answers ``--help`` without the numerical libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .decisions.table_model import TableModel
    from .mixtures.gaussian import GaussianMixture
    from .mixtures.mixture import Mixture
    from .mixtures.search import MixtureSearch
    from .storage import load, save

__all__ = ["GaussianMixture", "Mixture", "MixtureSearch", "TableModel", "load", "save"]

_HOMES = {
    "GaussianMixture": "mixtures.gaussian",
    "Mixture": "mixtures.mixture",
    "MixtureSearch": "mixtures.search",
    "TableModel": "decisions.table_model",
    "load": "storage",
    "save": "storage",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
