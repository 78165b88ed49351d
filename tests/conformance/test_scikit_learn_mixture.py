"""scikit-learn's own tests of its mixtures, with our classes in their place.

Each of its test modules is executed once more, as a module of our own in which the names of both classes are ours;
scikit-learn itself stays as it is. pytest finds the test functions here because they are names of this module.
"""

import importlib.util
from unittest import mock

import numpy as np
import pytest
import sklearn.mixture

from mixtura import BayesianGaussianMixture, GaussianMixture

CLASSES = {"GaussianMixture": GaussianMixture, "BayesianGaussianMixture": BayesianGaussianMixture}
TESTS_OF = "sklearn.mixture.tests"
MODULES = (f"{TESTS_OF}.test_gaussian_mixture", f"{TESTS_OF}.test_mixture", f"{TESTS_OF}.test_bayesian_mixture")

# Some tests stop early on purpose; scikit-learn's suite lets them warn of it.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# The tests left out: why, and what they raise on our class.
LEFT_OUT = {
    "test_gaussian_mixture_precisions_init": (
        "calls the private methods _set_parameters and _initialize",
        AttributeError,
        "_set_parameters",
    ),
    "test_compare_covar_type": (
        "calls the private methods _check_parameters and _initialize_parameters",
        AttributeError,
        "_check_parameters",
    ),
    "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters": (
        "counts the calls of scikit-learn's private function _estimate_gaussian_parameters, of which there are none",
        AssertionError,
        None,
    ),
}


def load_with_our_class(name):
    spec = importlib.util.find_spec(name)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.multiple(sklearn.mixture, **CLASSES):
        spec.loader.exec_module(module)
    return module


def for_our_classes(function):
    """Take scikit-learn's mixtures out of the estimators that a test is parametrised by."""
    marks = []
    for mark in getattr(function, "pytestmark", []):
        if mark.name != "parametrize":
            marks.append(mark)
            continue
        names, values = mark.args
        values = list(values)  # pytest wants no iterators
        if names == "estimator":
            values = [value for value in values if isinstance(value, tuple(CLASSES.values()))]
        marks.append(pytest.mark.parametrize(names, values).mark)
    function.pytestmark = marks
    return function


def classes_of(function):
    return [name for name in CLASSES if name in function.__code__.co_names or uses(function, name)]


def uses(function, name):
    """Whether a test gets its estimator as a parameter."""
    marks = getattr(function, "pytestmark", [])
    return any(type(value).__name__ == name for mark in marks if mark.name == "parametrize" for value in mark.args[1])


TESTS = {}
for module in map(load_with_our_class, MODULES):
    for name, value in vars(module).items():
        if name.startswith("test_") and classes_of(value):  # others test scikit-learn's private functions
            # Both classes have a test of some names.
            TESTS[f"{name} of {classes_of(value)[-1]}" if name in TESTS else name] = for_our_classes(value)
globals().update({name.replace(" ", "_"): function for name, function in TESTS.items() if name not in LEFT_OUT})


def test_at_most_five_are_left_out():
    assert len(LEFT_OUT) <= 5
    assert LEFT_OUT.keys() <= TESTS.keys()


@pytest.mark.parametrize("name", LEFT_OUT)
def test_left_out_needs_private_names(name, monkeypatch):
    _, error, match = LEFT_OUT[name]
    function = TESTS[name]
    given = {
        "covariance_type": "full",
        "global_random_seed": 42,
        "global_dtype": np.float64,
        "monkeypatch": monkeypatch,
    }
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    with pytest.raises(error, match=match):
        function(**{name: given[name] for name in names})


def test_our_class_is_the_one_tested():
    """The tests see our classes and cannot see the others, and scikit-learn's own names are restored."""
    for name, at_least in (("GaussianMixture", 28), ("BayesianGaussianMixture", 11)):
        using = [function for function in TESTS.values() if name in function.__code__.co_names]
        assert len(using) >= at_least
        assert all(function.__globals__[name] is CLASSES[name] for function in using)
        assert getattr(sklearn.mixture, name).__module__.startswith("sklearn.mixture._")


def test_enough_tests_run(request):
    """Most tests run more than once, for both types and seeds; those of the array API run with SCIPY_ARRAY_API set."""
    config = request.config
    if config.option.keyword or any("::" in argument for argument in config.args):
        pytest.skip("only some tests were asked for")
    names = [item.originalname for item in request.session.items if item.path == request.path]
    assert {name.replace(" ", "_") for name in TESTS.keys() - LEFT_OUT.keys()} <= {*names}
    fewest = 80 if config.option.exhaustive else 50
    assert sum(name in TESTS and "array_api" not in name for name in names) >= fewest
