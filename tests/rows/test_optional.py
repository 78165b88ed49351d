import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from mixtura import GaussianMixture, rows
from mixtura.errors import MissingDependencyError
from mixtura.optional import need as need_library


@pytest.mark.parametrize(
    ("missing", "source"),
    [
        ("duckdb", "select 1"),
        ("pyarrow", "t.csv"),
        ("pyarrow", "t.parquet"),
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


def test_a_library_that_another_thread_is_importing_is_waited_for(tmp_path, monkeypatch):
    begun = threading.Event()
    monkeypatch.setitem(sys.modules, "gate", SimpleNamespace(begun=begun))
    (tmp_path / "slow_library").mkdir()
    (tmp_path / "slow_library" / "__init__.py").write_text(
        "import time\nimport gate\n\ngate.begun.set()\ntime.sleep(0.2)\nanswer = 42\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    first = threading.Thread(target=need_library, args=("slow_library", "waiting"))
    first.start()
    try:
        assert begun.wait(10)
        assert need_library("slow_library", "waiting").answer == 42
    finally:
        first.join()
        sys.modules.pop("slow_library", None)


WITHOUT_PYARROW = """
import sys

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pyarrow", "duckdb"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Nowhere())
import LIBRARY
import numpy as np
from mixtura import AnomalyDetector, GaussianMixture

values = np.random.default_rng(0).normal(size=(60, 2))
frame = LIBRARY.DataFrame({"a": values[:, 0], "b": values[:, 1]})
for estimator in (GaussianMixture(), AnomalyDetector(random_state=0)):
    expected = estimator.fit(values).score_samples(values)
    assert estimator.fit(frame).feature_names_in_.tolist() == ["a", "b"]
    np.testing.assert_array_equal(estimator.score_samples(frame), expected)
"""


@pytest.mark.parametrize("library", ["pandas", pytest.param("polars", marks=pytest.mark.exhaustive)])
def test_arrays_and_dataframes_of_numbers_are_fitted_without_pyarrow(need, library):
    need(library)
    code = WITHOUT_PYARROW.replace("LIBRARY", library)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


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
