from dataclasses import replace

from mixtura.columns.looked.known import News
from mixtura.display.report.page.since import since
from mixtura.tables.moved.drift import ColumnDrift, Drift
from mixtura.tables.moved.score_drift import ScoreDrift
from report_examples import forest_report


def compared(**parts):
    report = forest_report()
    return replace(report, summary=replace(report.summary, **parts))


def column(name, *, moved=False, goes_on=False):
    return ColumnDrift(name, "numbers", 0.42, 0.011, 1e-9, 1e-8, moved, goes_on, "median 58 → 60")


def test_a_table_that_nothing_is_known_of_has_no_comparison():
    assert since(forest_report()) == ""


def test_what_is_new_what_moved_and_how_many_rows_are_flagged_now():
    scores = ScoreDrift(0.3, 0.01, 1e-9, True, 0.8, 2.1, 0.0016, 0.021)
    news = (
        News("cut", "has 300 cells with 1 level that the fit never saw: 'Superb' (300)"),
        News("z", "is large", True),
    )
    shown = since(
        compared(
            news=news, drift=Drift((column("<b>", moved=True), column("calm"), column("day", goes_on=True)), scores)
        )
    )
    assert "<strong>2.1%</strong> of the rows have a score above the threshold" in shown
    assert "compared with <strong>0.16%</strong> in the fitted table" in shown
    assert "The scores moved: their median was 0.8 and is 2.1." in shown
    assert "Superb" in shown
    assert shown.index("<td>new</td>") < shown.index("<td>expected</td>")
    assert "<bdi>&lt;b&gt;</bdi>" in shown
    assert '<td class="number">0.42</td><td class="number">0.01</td>' in shown
    assert "calm" not in shown
    assert "<bdi>day</bdi> continues" in shown


def test_a_table_like_the_fitted_one_says_so():
    assert since(compared(drift=Drift((column("x"),)))) == "<p>No column moved.</p>"
