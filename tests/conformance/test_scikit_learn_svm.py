"""scikit-learn's own tests of its one-class support vector machine, with our class in its place.

Its test module is executed once more, as a module of our own in which `svm.OneClassSVM` is ours; of the tests that are
parametrised by several estimators, the cases of this one are taken.
"""

import importlib.util
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
import sklearn.svm
from scipy.sparse import csr_array

from mixtura import OneClassSVM

MODULE = "sklearn.svm.tests.test_svm"
NAME = "OneClassSVM"

# The tests that one can tell only by reading that they are of this class: their bodies make it.
IN_BODY = {
    "test_oneclass",
    "test_oneclass_decision_function",
    "test_oneclass_score_samples",
    "test_immutable_coef_property",
}
BY_PARAMETER = {"test_negative_sample_weights_mask_all_samples", "test_n_support", "test_n_iter_libsvm"}


class Marks:
    """The marks that pytest knows; one that only scikit-learn's own settings register does nothing."""

    def __init__(self, known):
        self.known = known

    def __getattr__(self, name):
        return (lambda function: function) if name == "thread_unsafe" else getattr(self.known, name)


def load_with_our_class():
    """Return the module, executed with our class wherever it says OneClassSVM."""
    spec = importlib.util.find_spec(MODULE)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sklearn.svm, NAME, OneClassSVM), mock.patch.object(pytest, "mark", Marks(pytest.mark)):
        spec.loader.exec_module(module)
    # Test bodies look the class up in the package when they run: they see a package of their own.
    module.svm = SimpleNamespace(**{**vars(sklearn.svm), NAME: OneClassSVM})
    return module


def with_ours(function):
    """Keep, of the estimators that a test is parametrised by, the cases of our class."""
    marks = []
    for mark in getattr(function, "pytestmark", []):
        values = [ours for ours in map(case_of_ours, mark.args[1]) if ours is not None] if is_of_classes(mark) else None
        marks.append(mark if values is None else pytest.mark.parametrize(mark.args[0], values).mark)
    function.pytestmark = marks
    return function


def is_of_classes(mark):
    return mark.name == "parametrize" and any(case_of_ours(value) is not None for value in mark.args[1])


def case_of_ours(value):
    parts = value if isinstance(value, tuple) else (value,)
    return value if any(part is OneClassSVM for part in parts) else None


module = load_with_our_class()
TESTS = {
    name: with_ours(value)
    for name, value in vars(module).items()
    if name.startswith("test_")
    and (NAME in value.__code__.co_names or any(is_of_classes(mark) for mark in getattr(value, "pytestmark", [])))
}
globals().update(TESTS)


def test_the_tests_of_the_class_are_taken():
    assert TESTS.keys() == IN_BODY | BY_PARAMETER


def test_our_class_is_the_one_tested():
    """The tests see our class and not the other, and scikit-learn's own name is restored."""
    assert module.OneClassSVM is module.svm.OneClassSVM is OneClassSVM
    assert sklearn.svm.OneClassSVM.__module__ == "sklearn.svm._classes"
    assert all(function.__globals__ is vars(module) for function in TESTS.values())


def test_dense_results_are_theirs_where_they_are_sparse():
    """Their tests of sparse tables compare with dense ones; sparse tables are refused in scikit-learn's words."""
    with pytest.raises(TypeError, match="Sparse data was passed"):
        OneClassSVM().fit(csr_array(np.eye(4)))
