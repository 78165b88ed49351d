"""What is told of the most anomalous rows, and what flagged rows share, recounted row by row."""

from collections import Counter

import numpy as np
import pytest

import mixtura
from mixtura.rows import Block
from mixtura.tables.scored.foremost import no_sample, sampled


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    size = rng.normal(size=1500)
    X = np.column_stack([size + 0.1 * rng.normal(size=1500) for _ in range(4)])
    X[:6, 1] += 9
    X[6:9, 2] -= 9
    X[9:11, [0, 3]] += 9
    X[11] = 9
    return X, mixtura.detect(X, rate=0.02, model="mixture", components=1, shape="full")


def test_reasons_are_those_of_every_flagged_row(found):
    X, found = found
    model = found.model
    flagged = np.flatnonzero(model.is_anomaly(X))
    explanation = model.explain(X[flagged])
    counted, best = Counter(), {}
    for k, row in enumerate(flagged):
        cells = np.flatnonzero(explanation.flagged_cells[k])
        low = X[row, cells] < explanation.repaired[k, cells]
        reason = tuple(model.columns[cell] for cell in cells), tuple("low" if one else "high" for one in low)
        counted[reason] += 1
        best[reason] = max(best.get(reason, (-np.inf, 0)), (model.scores(X[[row]])[0], -row - 1))
    told = found.summary.reasons
    assert {(group.columns, group.directions): group.n_rows for group in told} == counted
    assert [group.n_rows for group in told] == sorted(counted.values(), reverse=True)
    assert {(group.columns, group.directions): group.example for group in told} == {
        reason: -row for reason, (_, row) in best.items()
    }


def test_planted_cells_are_named_with_what_the_score_is_without_them(found):
    X, found = found
    planted = dict.fromkeys(range(1, 7), ("x1",)) | dict.fromkeys(range(7, 10), ("x2",)) | {10: ("x0", "x3")}
    seen = 0
    for anomaly in found.summary.anomalies:
        if anomaly.row in planted:
            seen += 1
            assert tuple(cell.column for cell in anomaly.cells) == planted[anomaly.row]
            row = X[anomaly.row - 1].copy()
            for cell in anomaly.cells:
                column = found.model.columns.index(cell.column)
                assert cell.value == row[column]
                assert cell.direction == ("low" if cell.value < cell.expected else "high")
                row[column] = cell.expected
            assert found.model.scores(row[None])[0] == pytest.approx(anomaly.score_after, rel=1e-9)
    assert seen >= 8


def test_a_row_that_is_unusual_as_a_whole_has_no_score_without_cells(found):
    _, found = found
    for anomaly in found.summary.anomalies:
        assert bool(anomaly.cells) != np.isnan(anomaly.score_after)


def test_the_terminal_tells_rows_of_one_reason_once(found):
    shown = str(found[1])
    assert shown.count("wrong in row") >= 2
    assert shown.count("x1 = ") == 1


def test_the_sample_does_not_depend_on_how_blocks_are_cut(found):
    X, _ = found
    X = np.tile(X, (20, 1))
    whole = sampled(no_sample(4), Block(X, None, 0), X[:, 0])
    parts = no_sample(4)
    for first in range(0, len(X), 777):
        parts = sampled(parts, Block(X[first : first + 777], None, first), X[first : first + 777, 0])
    assert len(whole.facts) == 2**14
    np.testing.assert_array_equal(whole.facts.rows, parts.facts.rows)
    np.testing.assert_array_equal(whole.facts.values, X[whole.facts.rows])
    assert abs(whole.facts.rows.mean() / len(X) - 0.5) < 0.01
    assert no_sample(2**22 + 1).capacity == 1
