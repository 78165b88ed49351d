"""scikit-learn's own tests of its isolation forest, with our class in its place.

Its test module is executed once more, as a module of our own in which the name of the class is ours; scikit-learn
itself stays as it is. pytest finds the test functions here because they are names of this module.
"""

import importlib.util
import inspect
from unittest import mock

import pytest
import sklearn.ensemble

from mixtura import IsolationForest

NAME = "sklearn.ensemble.tests.test_iforest"

# The tests left out: why, and what they raise on our class.
LEFT_OUT = {
    "test_max_samples_consistency": (
        "reads the private attribute _max_samples of scikit-learn's base class",
        AttributeError,
        "_max_samples",
    ),
    "test_iforest_chunks_works1": (
        "counts the calls of get_chunk_n_rows in scikit-learn's private module _iforest, of which there are none",
        AssertionError,
        "assert 0 == 2",
    ),
    "test_iforest_chunks_works2": (
        "counts the calls of get_chunk_n_rows in scikit-learn's private module _iforest, of which there are none",
        AssertionError,
        "assert 0 == 2",
    ),
}


def load_with_our_class():
    spec = importlib.util.find_spec(NAME)
    module = importlib.util.module_from_spec(spec)
    # A mark of another test runner, which our settings do not know.
    marks = mock.patch.dict(vars(pytest.mark), thread_unsafe=lambda function: function)
    with marks, mock.patch.object(sklearn.ensemble, "IsolationForest", IsolationForest):
        spec.loader.exec_module(module)
    return module


TESTS = {
    name: value
    for name, value in vars(load_with_our_class()).items()
    # The other test is of a private function of scikit-learn.
    if name.startswith("test_") and name != "test_iforest_average_path_length"
}
globals().update({name: function for name, function in TESTS.items() if name not in LEFT_OUT})


@pytest.mark.parametrize("name", LEFT_OUT)
def test_left_out_needs_private_names(name):
    _, error, match = LEFT_OUT[name]
    given = {"contamination": "auto", "n_predict_calls": 2, "global_random_seed": 42}
    function = TESTS[name]
    arguments = {} if name == "test_max_samples_consistency" else given
    with pytest.raises(error, match=match):
        function(**arguments)


def test_our_class_is_the_one_tested():
    """The tests see our class and cannot see the other, and scikit-learn's own name is restored."""
    functions = [inspect.unwrap(function) for function in TESTS.values()]
    assert all(function.__globals__["IsolationForest"] is IsolationForest for function in functions)
    assert sklearn.ensemble.IsolationForest.__module__ == "sklearn.ensemble._iforest"


def test_enough_tests_run(request):
    """Every test but those left out runs, some for several seeds and parameters."""
    config = request.config
    if config.option.keyword or any("::" in argument for argument in config.args):
        pytest.skip("only some tests were asked for")
    names = [item.originalname for item in request.session.items if item.path == request.path]
    assert len(TESTS) - len(LEFT_OUT) >= 16
    assert TESTS.keys() - LEFT_OUT.keys() <= {*names}
    assert sum(name in TESTS for name in names) >= (40 if config.option.exhaustive else 25)
