import pytest

from report_examples import diamonds_report, iris_report, wide_report


def test_sections_stay_as_the_reader_left_them(visit):
    page = visit()
    model = page.locator("#model > details")
    assert not model.evaluate("one => one.open")
    assert page.locator("#flagged > details").evaluate("one => one.open")
    model.locator("> summary").click()
    page.locator("#flagged > details > summary").click()
    page.reload()
    assert page.locator("#model > details").evaluate("one => one.open")
    assert not page.locator("#flagged > details").evaluate("one => one.open")
    # A link unfolds what it leads to.
    page.locator("nav a[href='#flagged']").click()
    assert page.locator("#rows").is_visible()


def test_a_chart_that_is_unfolded_has_the_width_of_the_page(visit):
    page = visit(iris_report)
    page.locator("#model > details > summary").click()
    page.wait_for_function("document.querySelector('#search canvas').getBoundingClientRect().width > 600")
    width = page.locator("#search canvas").evaluate("one => one.getBoundingClientRect().width")
    assert width > 0.9 * page.locator("#model").evaluate("one => one.getBoundingClientRect().width")


@pytest.mark.exhaustive
def test_rows_of_wide_tables_tell_their_own_flagged_cells(visit):
    report = wide_report()
    page = visit(wide_report)
    for row in report.rows[:5]:
        cells = page.locator(f"#rows tr[data-row='{row.row}'] .own .wrong")
        flagged = [deviation.column for deviation in row.deviations if deviation.flagged]
        assert sorted(cells.locator("> bdi:first-child").all_inner_texts()) == sorted(flagged)
    assert visit(diamonds_report).locator("#rows .own").count() == 0


def test_printed_pages_repeat_a_head_without_buttons(visit):
    page = visit()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#rows thead button").count() == 0
    assert page.locator("#rows thead th").all_inner_texts()[:4] == ["row", "score", "severity", "why"]
    assert page.locator("#rows tbody tr[data-row]").count() == 120
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#rows thead button").count() > 3
    assert page.locator("#rows tbody tr[data-row]").count() == 25


def test_printed_pages_have_every_reason(visit):
    page = visit(wide_report)
    reasons = page.locator("#reasons-table tbody tr")
    shown = reasons.count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert reasons.count() > shown
    assert page.locator("#more-reasons").is_hidden()
    assert page.locator(".on-screen").is_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert reasons.count() == shown
