import numpy as np
import pytest

from mixtura.detectors.levels.votes import LevelVotes
from mixtura.detectors.segments.levels import LevelTables


def table(seed=0, sizes=(600, 400, 3)):
    """A column of three levels whose shares differ between segments."""
    rng = np.random.default_rng(seed)
    shares = [[0.9, 0.08, 0.02], [0.05, 0.9, 0.05], [0.0, 0.0, 1.0]]
    column = np.concatenate([rng.choice(3, n, p=p) for n, p in zip(sizes, shares, strict=False)])
    return column[:, np.newaxis].astype(float), np.repeat(np.arange(len(sizes)), sizes)


def test_shares_are_those_of_the_segment_drawn_to_those_of_the_table():
    X, segments = table()
    votes = LevelVotes.of(X, [3])
    tables = LevelTables.of(votes, X, segments, 3)
    counts = np.array([np.bincount(X[segments == k, 0].astype(int), minlength=3) for k in range(3)])
    n, p = counts.sum(axis=1, keepdims=True), counts.sum(axis=0) / counts.sum()
    chi_squared = ((counts - n * p) ** 2 / (n * p)).sum()
    together = (chi_squared - 4) / (2 * (n - 1).sum())
    like = max(1 / together - 1, 1)
    found = (counts + like * p) / (n + like)
    reached = np.array([[row[row <= level].sum() for level in row] for row in found])
    np.testing.assert_allclose(np.exp(-tables.shares[:3, :3]), reached, rtol=1e-12)
    # The segments of no row have the shares of the table.
    np.testing.assert_array_equal(tables.shares[3], votes.shares)


def test_a_level_says_more_where_it_is_rare_and_less_where_it_is_usual():
    X, segments = table()
    votes = LevelVotes.of(X, [3])
    tables = LevelTables.of(votes, X, segments, 3)
    cells = tables.cells(votes, np.array([[0.0], [0.0], [2.0]]), np.array([0, 1, 2]))
    assert cells.shares[1, 0] > 2 > 0.2 > cells.shares[0, 0]
    assert cells.shares[2, 0] < votes.shares[2]
    assert cells.walk[1, 0] >= cells.walk[0, 0]
    assert cells.walk.min() >= votes.walk[:3].min()
    assert cells.walk.max() <= votes.walk.max()


def test_votes_of_one_segment_are_those_of_its_cells():
    X, segments = table()
    votes = LevelVotes.of(X, [3])
    tables = LevelTables.of(votes, X, segments, 3)
    for segment in range(3):
        rows = X[segments == segment]
        alone = tables.at(votes, segment).parts(rows)
        together = votes.parts(rows, tables.cells(votes, rows, np.full(len(rows), segment)))
        np.testing.assert_array_equal(np.array(alone), np.array(together))


@pytest.mark.parametrize("seed", range(5))
def test_segments_that_do_not_differ_have_the_shares_of_the_table(seed):
    rng = np.random.default_rng(seed)
    X = rng.choice(3, (1000, 1), p=[0.7, 0.2, 0.1]).astype(float)
    assert LevelTables.of(LevelVotes.of(X, [3]), X, np.sort(rng.integers(0, 4, 1000)), 4) is None
