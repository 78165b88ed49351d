import subprocess
import sys

import numpy as np
import pytest

from mixtura import GaussianMixture, rows
from mixtura.errors import MissingDependencyError


@pytest.mark.parametrize(
    ("missing", "source"),
    [
        ("duckdb", "select 1"),
        ("pyarrow", "t.csv"),
        ("duckdb", "t.parquet"),
        ("pyarrow", "t.arrow"),
    ],
)
def test_a_missing_library_is_named_with_what_to_install(write, monkeypatch, missing, source):
    monkeypatch.setitem(sys.modules, missing, None)
    path = source if " " in source else write(source, "a\n1\n")
    with pytest.raises(MissingDependencyError, match=rf"needs {missing}, .* pip install 'mixtura\[cli\]'"):
        rows.open(path)


def test_writing_and_tables_need_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match="writing tables needs pyarrow"):
        rows.open_writer(tmp_path / "t.csv")
    with pytest.raises(MissingDependencyError, match="making tables needs pyarrow"):
        next(rows.open(np.eye(2)).tables())


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_dataframes_of_numbers_are_fitted_without_pyarrow(need, monkeypatch, library):
    values = np.random.default_rng(0).normal(size=(40, 2))
    expected = GaussianMixture().fit(values).score_samples(values)
    frame = need(library).DataFrame({"a": values[:, 0], "b": values[:, 1]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = GaussianMixture().fit(frame)
    assert found.feature_names_in_.tolist() == ["a", "b"]
    np.testing.assert_array_equal(found.score_samples(frame), expected)


def test_dataframes_of_other_types_need_pyarrow(need, monkeypatch):
    frame = need("pandas").DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for use in (rows.open, GaussianMixture().fit):
        with pytest.raises(MissingDependencyError, match="reading dataframes needs pyarrow, which is not installed"):
            use(frame)


def test_importing_and_reading_arrays_needs_numpy_only():
    # In a bare package: the library's own __init__ imports scikit-learn, which imports dataframe libraries.
    code = (
        "import importlib.util, sys, types, numpy as np\n"
        "package = types.ModuleType('mixtura')\n"
        "package.__path__ = importlib.util.find_spec('mixtura').submodule_search_locations\n"
        "sys.modules['mixtura'] = package\n"
        "import mixtura.rows as rows\n"
        "list(rows.open(np.eye(2)).blocks())\n"
        "print(sorted({'narwhals', 'pyarrow', 'duckdb', 'pandas', 'polars', 'dask', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names():
    assert sorted(rows.__all__) == rows.__all__
    assert all(hasattr(rows, name) for name in rows.__all__)
