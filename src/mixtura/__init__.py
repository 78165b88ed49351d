"""Mixtura: the groups in a table, and the rows that do not belong.

Names are imported when they are first used: the command line answers ``--help`` without the numerical libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .decisions.clean import clean
    from .decisions.table_model import TableModel
    from .detectors.ensemble import AnomalyDetector
    from .distributions.mixture import Mixture
    from .distributions.noise import Noise
    from .distributions.shapes import Diagonal, Full, Spherical, Tied
    from .inference.likelihood import fit_parameter, likelihood_profile
    from .mixtures.bayesian import BayesianGaussianMixture
    from .mixtures.gaussian import GaussianMixture
    from .mixtures.likelihood_ratio import likelihood_ratio_test
    from .mixtures.maximum_a_posteriori import MixturePrior
    from .mixtures.search import MixtureSearch
    from .storage import load, save

__all__ = [
    "AnomalyDetector",
    "BayesianGaussianMixture",
    "Diagonal",
    "Full",
    "GaussianMixture",
    "Mixture",
    "MixturePrior",
    "MixtureSearch",
    "Noise",
    "Spherical",
    "TableModel",
    "Tied",
    "clean",
    "fit_parameter",
    "likelihood_profile",
    "likelihood_ratio_test",
    "load",
    "save",
]

_HOMES = {
    "AnomalyDetector": "detectors.ensemble",
    "BayesianGaussianMixture": "mixtures.bayesian",
    "Diagonal": "distributions.shapes",
    "Full": "distributions.shapes",
    "GaussianMixture": "mixtures.gaussian",
    "Mixture": "distributions.mixture",
    "MixturePrior": "mixtures.maximum_a_posteriori",
    "MixtureSearch": "mixtures.search",
    "Noise": "distributions.noise",
    "Spherical": "distributions.shapes",
    "TableModel": "decisions.table_model",
    "Tied": "distributions.shapes",
    "clean": "decisions.clean",
    "fit_parameter": "inference.likelihood",
    "likelihood_profile": "inference.likelihood",
    "likelihood_ratio_test": "mixtures.likelihood_ratio",
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
