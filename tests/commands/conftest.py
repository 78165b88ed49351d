import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from mixtura.cli import main

N_ROWS = 400


@pytest.fixture(scope="module")
def numbers():
    """Two groups in three columns, eight rows far from both."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(N_ROWS, 3))
    values[: N_ROWS // 3] += [8.0, 0.0, -8.0]
    values[5:200:25] += [0.0, 30.0, 0.0]
    return values


@pytest.fixture(scope="module")
def folder(numbers, tmp_path_factory):
    """A folder with the table, its columns called as those of an array are."""
    folder = tmp_path_factory.mktemp("tables")
    pyarrow.csv.write_csv(pa.table(list(numbers.T), names=["x0", "x1", "x2"]), folder / "t.csv")
    return folder


@pytest.fixture(scope="module")
def run():
    """Run the command line in this process."""

    def run(*arguments):
        assert main([str(argument) for argument in arguments]) == 0

    return run


@pytest.fixture(scope="module")
def source(numbers, need):
    """Return the table as another kind of source."""

    def source(kind, folder):
        columns = {f"x{position}": column for position, column in enumerate(numbers.T)}
        return {
            "file": lambda: folder / "t.csv",
            "query": lambda: f"select * from '{(folder / 't.csv').as_posix()}'",
            "pandas": lambda: need("pandas").DataFrame(columns),
            "polars": lambda: need("polars").DataFrame(columns),
            "arrow": lambda: pa.table(columns),
            "array": lambda: numbers,
            "fortran": lambda: np.asfortranarray(numbers),
            "list": numbers.tolist,
            "rows": lambda: need("mixtura.rows").open(numbers),
            "dask frame": lambda: need("dask.dataframe").from_pandas(need("pandas").DataFrame(columns), npartitions=3),
            "dask array": lambda: need("dask.array").from_array(numbers, chunks=(150, 2)),
        }[kind]()

    return source
