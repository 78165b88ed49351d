"""scikit-learn's own tests of its local outlier factor, with our class in its place.

Its test module is executed once more, as a module of our own in which the name of the class is ours; scikit-learn
itself stays as it is. pytest finds the test functions here because they are names of this module.
"""

import importlib.util
from unittest import mock

import numpy as np
import pytest
import sklearn.neighbors

from mixtura import LocalOutlierFactor

# scikit-learn's suite lets its classes warn, of too few neighbours and of metrics.
pytestmark = pytest.mark.filterwarnings("ignore:n_neighbors:UserWarning")

# The tests left out: why, and what they raise on our class.
LEFT_OUT = {
    "test_lof": ("reads the private attribute _fit_X and calls the private method _predict", "_fit_X"),
    "test_lof_precomputed": ("calls the private method _predict", "_predict"),
}


def load_with_our_class():
    spec = importlib.util.find_spec("sklearn.neighbors.tests.test_lof")
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sklearn.neighbors, "LocalOutlierFactor", LocalOutlierFactor):
        spec.loader.exec_module(module)
    # The tests take the class from the package when they run.
    module.neighbors = mock.Mock(wraps=sklearn.neighbors, LocalOutlierFactor=LocalOutlierFactor)
    return module


MODULE = load_with_our_class()
TESTS = {name: value for name, value in vars(MODULE).items() if name.startswith("test_")}
globals().update({name: function for name, function in TESTS.items() if name not in LEFT_OUT})


@pytest.mark.parametrize("name", LEFT_OUT)
def test_left_out_needs_private_names(name):
    _, private = LEFT_OUT[name]
    assert private in TESTS[name].__code__.co_names
    with pytest.raises(AttributeError, match=private):
        TESTS[name](np.float64)


def test_our_class_is_the_one_tested():
    """The tests see our class and cannot see the other, and scikit-learn's own name is restored."""
    assert MODULE.neighbors.LocalOutlierFactor is LocalOutlierFactor
    assert sum("LocalOutlierFactor" in function.__code__.co_names for function in TESTS.values()) >= 14
    assert sklearn.neighbors.LocalOutlierFactor.__module__.startswith("sklearn.neighbors._")
    (mark,) = (m for m in TESTS["test_novelty_true_common_tests"].pytestmark if m.name == "parametrize")
    assert all(type(estimator) is LocalOutlierFactor for estimator, _ in mark.args[1])


def test_enough_tests_run(request):
    config = request.config
    if config.option.keyword or any("::" in argument for argument in config.args):
        pytest.skip("only some tests were asked for")
    names = [item.originalname for item in request.session.items if item.path == request.path]
    assert TESTS.keys() - LEFT_OUT.keys() <= {*names}
    assert sum(name in TESTS for name in names) >= (80 if config.option.exhaustive else 60)
