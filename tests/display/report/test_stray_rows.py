"""Rows flagged for cells that do not fit their columns: they are listed, and counted at every threshold."""

import pytest

import mixtura
from mixtura.display.report.page.payload import payload, stops


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "sizes.csv"
    rows = [f"{100 + k % 17},{5 + (k * 7) % 13}" for k in range(400)]
    rows[7], rows[20], rows[300] = "12.x,9", "110,?!", "13.x,900"
    path.write_text("\n".join(["height,width", *rows]), encoding="utf-8")
    return mixtura.detect(path, rate=0.01)


def test_they_are_among_the_flagged_rows_at_every_threshold(found):
    report = found.report_data
    flagged = set(found.flagged["row"])
    assert {8, 21, 301} <= flagged
    assert report.scores.n_strays == 3
    places, chosen = stops(report.scores, report.summary.decision)
    assert places[chosen].flagged == len(flagged) == report.summary.decision.n_anomalies
    scores = {row.row: row.anomaly_score for row in report.rows}
    for threshold, n_flagged in zip(report.scores.thresholds, report.scores.n_flagged, strict=True):
        above = {row for row, score in scores.items() if score > threshold}
        assert n_flagged == len(above | {8, 21, 301})


def test_they_are_listed_with_their_cells_first(found):
    report = found.report_data
    told = {row.row: row for row in report.rows if row.strays}
    assert set(told) == {8, 21, 301}
    assert [(cell.column, cell.text) for cell in told[8].strays] == [("height", "12.x")]
    assert all(row.reason.startswith(f"{row.strays[0].column} = '") for row in told.values())
    assert set(report.stray_points) == {8, 21, 301}
    data = payload(report)
    flagging = {row[0]: row[3] for row in data["rows"]}
    assert {flagging[row] for row in told} == {0}
    shown = dict(zip(data["points"]["row"], data["points"]["flagging"], strict=True))
    assert {shown[row] for row in told} == {0}


def test_a_report_of_the_saved_model_says_the_same(found, tmp_path):
    again = mixtura.report(found.model, found._origin.source)
    assert again.summary.decision.n_anomalies == found.summary.decision.n_anomalies
    assert again.summary.reasons == found.summary.reasons
    assert again.report_data.scores == found.report_data.scores
