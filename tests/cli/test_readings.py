"""How often a command reads a text file from its first row to its last."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

N_ROWS = 300
FRACTIONS = np.random.default_rng(0).normal(size=(N_ROWS, 2))


class Counted:
    """A connection that counts the queries that ask for all rows of a file."""

    n_readings = 0

    def __init__(self, connection):
        self._connection = connection

    def sql(self, query, **options):
        Counted.n_readings += "read_csv" in query and "limit 1" not in query
        return self._connection.sql(query, **options)

    def __getattr__(self, name):
        return getattr(self._connection, name)


@pytest.fixture
def readings(monkeypatch, folder, run):
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *given, **named: Counted(connect(*given, **named)))

    def readings(*words):
        Counted.n_readings = 0
        assert run(*words, "--force").code == 0
        return Counted.n_readings

    fractions = {"x": FRACTIONS[:, 0], "y": FRACTIONS[:, 1]}
    pa.csv.write_csv(pa.table(fractions), folder / "fractions.csv")
    labels = (np.arange(N_ROWS) % 10 == 0).astype(int)
    words = {"id": np.arange(N_ROWS), "shop": ["north", "NA", "a, b"] * (N_ROWS // 3), "wrong": labels}
    pa.csv.write_csv(pa.table({**words, **fractions}), folder / "mixed.csv")
    return readings


@pytest.mark.parametrize("table", ["fractions.csv", "mixed.csv"])
@pytest.mark.parametrize("rule", [[], ["--rate", "0.01"], ["--model", "forest", "--rate", "0.01"]])
def test_a_fit_reads_twice(readings, table, rule):
    assert readings("detect", table, *rule) == 2


def test_groups_are_found_in_two_readings(readings):
    assert readings("groups", "mixed.csv") == 2


def test_labels_and_a_reference_are_one_reading_more(readings):
    assert readings("detect", "mixed.csv", "--labels", "wrong", "--recall", "0.5") == 4  # the first label is one begun
    assert readings("detect", "mixed.csv", "--reference", "mixed.csv") == 4  # so are its first rows


def test_a_model_reads_once_where_types_are_known_or_a_threshold_is_chosen_in_the_first_of_two(readings):
    for table, n_readings in (("fractions.csv", 1), ("mixed.csv", 2)):
        readings("detect", table, "--save", "model")
        assert readings("score", "model", table) == n_readings
        assert readings("score", "model", table, "--rate", "0.05") == 2
