"""What `import mixtura` offers, and what it costs."""

import inspect
import subprocess
import sys

import pytest

import mixtura

NAMES = [
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

# Libraries that are imported when they are needed, and not before.
LATE = ["pandas", "polars", "pyarrow", "duckdb", "dask", "distributed", "matplotlib", "altair", "rich", "typer"]


def test_public_names():
    assert sorted(mixtura.__all__) == NAMES
    assert set(NAMES) <= set(dir(mixtura))


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'mixtura' has no attribute 'GausianMixture'"):
        mixtura.GausianMixture  # noqa: B018


def members(thing):
    """Return what a user can call or read on a public name, its own module's only."""
    if not inspect.isclass(thing):
        return {}
    return {
        name: member
        for name, member in vars(thing).items()
        if not name.startswith("_") and (callable(member) or isinstance(member, (property, classmethod, staticmethod)))
    }


def documented(thing, member):
    """Whether a member says what it does, where it is or where it is declared."""
    return any(member in vars(base) and inspect.getdoc(vars(base)[member]) for base in thing.__mro__)


@pytest.mark.parametrize("name", NAMES)
def test_everything_public_has_a_docstring(name):
    thing = getattr(mixtura, name)
    assert thing.__module__.startswith("mixtura.")
    assert inspect.getdoc(thing)
    bare = [member for member in members(thing) if not documented(thing, member)]
    assert not bare


def imported_by(statement):
    probe = f"{statement}\nimport sys\nprint(*(name for name in {LATE!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_import_leaves_optional_libraries_alone():
    assert imported_by("import mixtura") == set()


def test_every_name_leaves_optional_libraries_alone():
    """scikit-learn imports some of them, where they are installed; we add none."""
    assert imported_by("from mixtura import *") <= imported_by("import sklearn.mixture")


def test_import_is_lazy():
    """The command line answers `--help` before the numerical libraries are read."""
    probe = "import mixtura, sys; print('numpy' in sys.modules, 'sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
