"""Detectors that do not look for rows off a plane say so, where there are such rows and only there."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from mixtura import IsolationForest, LocalOutlierFactor, OneClassSVM

DETECTORS = [IsolationForest, LocalOutlierFactor, OneClassSVM]


def line(n_rows=100):
    """Return rows on a line, and one off it."""
    x = np.linspace(0, 100, n_rows)
    return np.vstack([np.column_stack([x, x]), [[20.0, 80.0]]])


@pytest.fixture(params=DETECTORS, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


def test_a_row_off_a_line_is_told(kind):
    with pytest.warns(UserWarning, match=rf"^columns x0, x1 satisfy .* but 1; {kind.__name__} ") as told:
        kind().fit(line())
    assert [warning.filename for warning in told] == [__file__]


def test_columns_are_called_by_their_names(kind):
    table = pd.DataFrame(line(), columns=["height", "mass"])
    with pytest.warns(UserWarning, match="columns height, mass satisfy a linear equation"):
        kind().fit(table)


def test_rows_of_a_long_table_that_no_sample_holds_are_counted():
    rng = np.random.default_rng(0)
    parts = rng.exponential(size=(20_000, 3))
    table = np.column_stack([parts, parts.sum(axis=1)])
    table[[17, 12_345], 3] += 1
    with pytest.warns(UserWarning, match="columns x0, x1, x2, x3 satisfy a linear equation in all rows but 2;"):
        IsolationForest(random_state=0).fit(table)


def test_several_equations_are_counted(kind):
    x = np.random.default_rng(0).normal(size=60)
    table = np.column_stack([x, 2 * x, 3 * x])
    table[5, 1] += 1
    with pytest.warns(UserWarning, match="satisfy 2 linear equations in all rows but 1;"):
        kind().fit(table)


@pytest.mark.parametrize("case", ["plane", "no plane", "one column", "few rows", "constant", "a tenth off"])
def test_nothing_is_told_without_such_rows(kind, case):
    rng = np.random.default_rng(0)
    tables = {
        "plane": line()[:-1],
        "no plane": rng.normal(size=(200, 3)),
        "one column": rng.normal(size=(200, 1)),
        "few rows": line(20),
        "constant": np.column_stack([np.ones(50), rng.normal(size=50)]),
        "a tenth off": np.vstack([line(90)[:-1], rng.normal(size=(10, 2))]),
    }
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        kind().fit(tables[case])
    assert told == []


def test_a_missing_value_does_not_put_a_row_off():
    table = line()[:-1]
    table[3, 1] = np.nan
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        IsolationForest().fit(table)
    assert told == []


def test_matrices_that_are_no_tables_are_not_looked_at():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        IsolationForest().fit(scipy.sparse.csr_array(line()))
        OneClassSVM(kernel="precomputed").fit(line() @ line().T)
    assert told == []
