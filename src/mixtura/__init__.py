"""Mixtura: the groups in a table, and the rows that do not belong.

Names are imported when they are first used: the command line answers ``--help`` without the numerical libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .decisions.clean import clean
    from .decisions.conformal import (
        adjusted_p_values,
        conformal_p_values,
        discoveries,
        threshold_by_false_discovery_rate,
    )
    from .decisions.curve import PrecisionRecallCurve
    from .decisions.tail import TailModel, fit_tail
    from .decisions.thresholds import threshold_by_rate
    from .detectors.density.estimator import MixtureDetector
    from .detectors.elliptic.estimator import EllipticEnvelope
    from .detectors.elliptic.min_cov_det import MinCovDet
    from .detectors.ensemble.estimator import AnomalyDetector
    from .detectors.forest.estimator import IsolationForest
    from .detectors.neighbors.estimator import LocalOutlierFactor
    from .detectors.svm.estimator import OneClassSVM
    from .display.pictures.density import DensityDisplay
    from .display.pictures.elbo import ElboDisplay
    from .display.pictures.explanation import ExplanationDisplay
    from .display.pictures.graphical_model import GraphicalModelDisplay
    from .display.pictures.likelihood import LikelihoodDisplay
    from .display.pictures.selection import SelectionDisplay
    from .display.pictures.threshold import ThresholdDisplay
    from .display.pictures.weights import WeightsDisplay
    from .distributions.mixture import Mixture
    from .distributions.noise import Noise
    from .distributions.shapes import Diagonal, Full, Spherical, Tied
    from .engines.progress import Progress
    from .inference.likelihood import fit_parameter, likelihood_profile
    from .mixtures.bayes.estimator import BayesianGaussianMixture
    from .mixtures.choice.likelihood_ratio import likelihood_ratio_test
    from .mixtures.choice.search import MixtureSearch
    from .mixtures.clusters.merge_tree import MergeTree
    from .mixtures.clusters.merging import merge_components
    from .mixtures.em.gaussian import GaussianMixture
    from .mixtures.em.maximum_a_posteriori import MixturePrior
    from .statistics.lowest import LowestValues
    from .statistics.sketch import QuantileSketch
    from .storage import load, save
    from .tables.table_model import TableModel

__all__ = [
    "AnomalyDetector",
    "BayesianGaussianMixture",
    "DensityDisplay",
    "Diagonal",
    "ElboDisplay",
    "EllipticEnvelope",
    "ExplanationDisplay",
    "Full",
    "GaussianMixture",
    "GraphicalModelDisplay",
    "IsolationForest",
    "LikelihoodDisplay",
    "LocalOutlierFactor",
    "LowestValues",
    "MergeTree",
    "MinCovDet",
    "Mixture",
    "MixtureDetector",
    "MixturePrior",
    "MixtureSearch",
    "Noise",
    "OneClassSVM",
    "PrecisionRecallCurve",
    "Progress",
    "QuantileSketch",
    "SelectionDisplay",
    "Spherical",
    "TableModel",
    "TailModel",
    "ThresholdDisplay",
    "Tied",
    "WeightsDisplay",
    "adjusted_p_values",
    "clean",
    "conformal_p_values",
    "discoveries",
    "fit_parameter",
    "fit_tail",
    "likelihood_profile",
    "likelihood_ratio_test",
    "load",
    "merge_components",
    "save",
    "threshold_by_false_discovery_rate",
    "threshold_by_rate",
]

_HOMES = {
    "AnomalyDetector": "detectors.ensemble.estimator",
    "BayesianGaussianMixture": "mixtures.bayes.estimator",
    "DensityDisplay": "display.pictures.density",
    "Diagonal": "distributions.shapes",
    "ElboDisplay": "display.pictures.elbo",
    "EllipticEnvelope": "detectors.elliptic.estimator",
    "Full": "distributions.shapes",
    "ExplanationDisplay": "display.pictures.explanation",
    "GaussianMixture": "mixtures.em.gaussian",
    "GraphicalModelDisplay": "display.pictures.graphical_model",
    "IsolationForest": "detectors.forest.estimator",
    "LikelihoodDisplay": "display.pictures.likelihood",
    "LocalOutlierFactor": "detectors.neighbors.estimator",
    "LowestValues": "statistics.lowest",
    "MergeTree": "mixtures.clusters.merge_tree",
    "MinCovDet": "detectors.elliptic.min_cov_det",
    "Mixture": "distributions.mixture",
    "MixtureDetector": "detectors.density.estimator",
    "MixturePrior": "mixtures.em.maximum_a_posteriori",
    "MixtureSearch": "mixtures.choice.search",
    "Noise": "distributions.noise",
    "OneClassSVM": "detectors.svm.estimator",
    "PrecisionRecallCurve": "decisions.curve",
    "Progress": "engines.progress",
    "QuantileSketch": "statistics.sketch",
    "SelectionDisplay": "display.pictures.selection",
    "Spherical": "distributions.shapes",
    "TableModel": "tables.table_model",
    "TailModel": "decisions.tail",
    "ThresholdDisplay": "display.pictures.threshold",
    "Tied": "distributions.shapes",
    "WeightsDisplay": "display.pictures.weights",
    "adjusted_p_values": "decisions.conformal",
    "clean": "decisions.clean",
    "conformal_p_values": "decisions.conformal",
    "discoveries": "decisions.conformal",
    "fit_parameter": "inference.likelihood",
    "fit_tail": "decisions.tail",
    "likelihood_profile": "inference.likelihood",
    "likelihood_ratio_test": "mixtures.choice.likelihood_ratio",
    "load": "storage",
    "merge_components": "mixtures.clusters.merging",
    "save": "storage",
    "threshold_by_false_discovery_rate": "decisions.conformal",
    "threshold_by_rate": "decisions.thresholds",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
