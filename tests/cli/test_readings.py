"""How often a command reads a text file from its first row to its last."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from mixtura.rows.text.delimited import DelimitedPart

N_ROWS = 300
FRACTIONS = np.random.default_rng(0).normal(size=(N_ROWS, 2))


@pytest.fixture
def readings(monkeypatch, folder, run):
    """Count the readings of text that a command begins, the one of its head and form left out."""
    begun = []
    batches = DelimitedPart.batches

    def counted(part, names):
        begun.append(names)
        return batches(part, names)

    monkeypatch.setattr(DelimitedPart, "batches", counted)

    def readings(*words):
        begun.clear()
        assert run(*words, "--force").code == 0
        return len(begun)

    fractions = {"x": FRACTIONS[:, 0], "y": FRACTIONS[:, 1]}
    pa.csv.write_csv(pa.table(fractions), folder / "fractions.csv")
    labels = (np.arange(N_ROWS) % 10 == 0).astype(int)
    words = {"id": np.arange(N_ROWS), "shop": ["north", "NA", "a, b"] * (N_ROWS // 3), "wrong": labels}
    pa.csv.write_csv(pa.table({**words, **fractions}), folder / "mixed.csv")
    return readings


@pytest.mark.parametrize("table", ["fractions.csv", "mixed.csv"])
@pytest.mark.parametrize("rule", [[], ["--rate", "0.01"], ["--model", "forest", "--rate", "0.01"]])
def test_a_fit_reads_twice_with_levels_or_without(readings, table, rule):
    assert readings("detect", table, *rule) == 2


def test_groups_are_found_in_two_readings(readings):
    assert readings("groups", "mixed.csv", "--components", "1-2", "--shape", "diag") == 2


def test_labels_and_a_reference_are_one_reading_more(readings):
    assert readings("detect", "mixed.csv", "--labels", "wrong", "--recall", "0.5") == 4  # the first label is one begun
    assert readings("detect", "mixed.csv", "--reference", "mixed.csv") == 4  # so are its first rows


def test_a_model_reads_once_or_twice_where_a_threshold_is_chosen_first(readings):
    for table in ("fractions.csv", "mixed.csv"):
        readings("detect", table, "--save", "model")
        assert readings("score", "model", table) == 2  # the first rows are one begun
        assert readings("score", "model", table, "--rate", "0.05") == 3
