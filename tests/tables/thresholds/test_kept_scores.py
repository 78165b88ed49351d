"""The scores of a table are computed once."""

import numpy as np
import pytest

from mixtura import Mixture, Spherical
from mixtura.detectors.density.model import DensityModel
from mixtura.engines import ThreadEngine
from mixtura.rows import ArrayRows
from mixtura.tables.models.table_model import TableModel
from mixtura.tables.thresholds.kept_scores import KeptScores

X = np.random.default_rng(0).normal(size=(50_000, 2))


class Read(ArrayRows):
    """Rows that count how often they are read."""

    n_readings = 0

    def blocks(self):
        self.n_readings += 1
        yield from super().blocks()


@pytest.fixture
def kept():
    mixture = Mixture([1.0], [[0.0, 0.0]], Spherical([1.0], 1, 2))
    model = TableModel(DensityModel(mixture, np.zeros(2), np.ones(2)), ("a", "b"), np.zeros(2), np.ones(2))
    rows = Read(X)
    return KeptScores(model, rows, ThreadEngine(2)), model, rows


def test_later_readings_give_the_same_blocks_without_the_rows(kept):
    scores, model, rows = kept
    assert scores.known(0, 10) is None
    first, second = list(scores()), list(scores())
    assert rows.n_readings == 1
    assert [len(part) for part in first] == [len(block.values) for block in ArrayRows(X).blocks()]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(scores.known(40_000, 123), model.scores(X)[40_000:40_123])


def test_a_reading_given_up_keeps_nothing(kept):
    scores, _, rows = kept
    next(iter(scores()))
    assert scores.known(0, 10) is None
    assert len(np.concatenate(list(scores()))) == len(X)
    assert rows.n_readings == 2
