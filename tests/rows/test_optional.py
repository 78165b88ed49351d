import subprocess
import sys

import numpy as np
import pytest

from mixtura import rows
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
