"""Rows like those marked as fine are not flagged."""

import numpy as np
import pytest

import mixtura
from mixtura.errors import DataError, RequestError


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(600, 3)) @ [[1, 0.9, 0.9], [0, 0.3, 0.1], [0, 0, 0.3]]
    # Too high in the last column by 12, 10, 8 and 20; one too low.
    values[[10, 20, 30, 40], 2] = values[[10, 20, 30, 40], :2].mean(axis=1) + np.array([12, 10, 8, 20])
    values[50, 2] = values[50, :2].mean() - 10
    return values


@pytest.fixture
def detect(values, tmp_path):
    def detect(marks, **asked):
        path = tmp_path / "marks.csv"
        path.write_text("row,mark\n" + "".join(f"{row},{mark}\n" for row, mark in marks.items()), encoding="utf-8")
        return mixtura.detect(values, labels=path, **({"rate": 0.01} | asked))

    return detect


def test_rows_no_farther_out_in_the_same_direction_are_not_flagged(detect, values):
    plain = set(mixtura.detect(values, rate=0.01).flagged["row"].tolist())
    assert {11, 21, 31, 41, 51} <= plain
    found = detect({11: "fine"})
    flagged = set(found.flagged["row"].tolist())
    # 21 and 31 are like row 11; 41 is farther out, 51 in the other direction.
    assert plain - flagged == {11, 21, 31}
    decision = found.summary.decision
    assert (decision.n_like_fine, decision.n_anomalies) == (3, len(flagged))
    assert "3 rows are not flagged: marked fine, or like a row marked fine" in repr(found)
    assert not {11, 21, 31} & {anomaly.row for anomaly in found.summary.anomalies}
    assert {row.row for row in found.report_data.rows if row.is_fine} >= {11, 21, 31}


def test_a_row_marked_as_an_error_stays(detect):
    assert 21 in set(detect({11: "fine", 21: "error"}).flagged["row"].tolist())


def test_few_marks_leave_the_threshold_as_it_is_and_many_choose_it(detect, values):
    assert detect({11: "fine", 41: "error"}, rate=None).summary.decision.rule == "fdr"
    assert detect({11: "fine", 41: "error"}, rate=None, f_beta=1.0).summary.decision.rule == "f_beta"
    order = np.argsort(-np.abs(values[:, 2] - values[:, :2].mean(axis=1))) + 1
    many = dict.fromkeys(order[:10].tolist(), "error") | dict.fromkeys(order[300:310].tolist(), "fine")
    decision = detect(many, rate=None).summary.decision
    assert (decision.rule, decision.on_labels.n_rows, decision.on_labels.n_anomalies) == ("f_beta", 20, 10)


def test_marks_of_another_table_are_refused(detect):
    with pytest.raises(DataError, match="marks row 601, and the table has 600 rows"):
        detect({601: "fine"})
    with pytest.raises(RequestError, match="has no errors"):
        detect({1: "fine"}, rate=None, precision=0.5)


def test_a_cell_that_is_fine_is_fine_elsewhere(tmp_path):
    rows = [f"{100 + k % 17},{5 + (k * 7) % 13}" for k in range(400)]
    rows[7], rows[20], rows[33] = "n?,9", "n?,8", "12.x,7"
    table, marks = tmp_path / "t.csv", tmp_path / "marks.csv"
    table.write_text("\n".join(["a,b", *rows]), encoding="utf-8")
    marks.write_text("row,mark\n8,fine\n", encoding="utf-8")
    found = mixtura.detect(table, labels=marks, rate=0.01)
    assert {8, 21} & set(found.flagged["row"]) == set()
    assert 34 in set(found.flagged["row"])
    assert found.summary.decision.n_like_fine == 2
