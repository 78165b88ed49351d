import csv
import re

import pytest

from mixtura.rows.reviewed import read_reviewed
from mixtura.words import severity
from report_examples import (
    HOSTILE,
    big_report,
    clean_report,
    diamonds_report,
    forest_report,
    groups_report,
    hostile_report,
    iris_report,
    many_groups_report,
    nothing_report,
    wide_report,
)


def live(page, name):
    return page.locator(f"#reasons [data-live={name}]").inner_text()


def row_numbers(page):
    return [int(text.replace(",", "")) for text in page.locator("#rows tbody tr[data-row] th button").all_inner_texts()]


def column(page, position):
    """What stands in a column of the list, without what is predicted below it."""
    cells = page.locator(f"#rows tbody tr[data-row] > :nth-child({position})")
    return cells.evaluate_all("cells => cells.map((cell) => (cell.querySelector('bdi') ?? cell).innerText)")


def number(text):
    return float(text.replace(",", ""))


def flagged_rows(report, n=None):
    """The flagged rows that have flagged cells, the highest score first."""
    threshold = report.summary.decision.threshold
    return [row for row in report.rows[:n] if row.anomaly_score > threshold and row.score_after is not None]


def flagged_cells(row):
    return {deviation.column: deviation for deviation in row.deviations if deviation.flagged}


def head(page, title):
    return page.locator(f"#rows thead th:has(bdi:text-is('{title}'))")


def stars(page):
    return int(
        re.search(r"([\d,]+) flagged ones", page.locator("#view").get_attribute("aria-label"))[1].replace(",", "")
    )


def pixels(page, chart):
    """How many pixels of a chart are in the colour of flagged rows."""
    return page.evaluate(
        """(chart) => {
          const drawn = document.querySelector(`#${chart} canvas`);
          const copy = document.createElement('canvas');
          [copy.width, copy.height] = [drawn.width, drawn.height];
          const context = copy.getContext('2d', {willReadFrequently: true});
          context.drawImage(drawn, 0, 0);
          const {data} = context.getImageData(0, 0, copy.width, copy.height);
          let count = 0;
          for (let at = 0; at < data.length; at += 4)
            if (data[at] > 195 && data[at + 1] > 60 && data[at + 1] < 120 && data[at + 2] < 40) count += 1;
          return count;
        }""",
        chart,
    )


def test_the_slider_moves_the_counts_the_pictures_and_the_rows(visit):
    page = visit()
    assert (live(page, "flagged"), live(page, "share")) == ("120", "4%")
    assert page.locator("#listed").inner_text() == "1 to 25 of 120 flagged rows."
    before = stars(page), pixels(page, "view"), pixels(page, "histogram")
    # The thresholds of the example are its scores: each step flags one row less.
    slider = page.locator("#threshold")
    slider.focus()
    for key in ("ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert live(page, "flagged") == "118"
    slider.fill(str(int(slider.input_value()) + 98))
    assert (live(page, "flagged"), live(page, "share")) == ("20", "0.67%")
    assert page.locator(".figures [data-live=flagged]").inner_text() == "20"
    assert page.locator("#listed").inner_text() == "20 flagged rows."
    assert stars(page) == 20
    assert before[0] == 120
    page.wait_for_timeout(100)
    assert pixels(page, "view") < before[1] / 3
    assert pixels(page, "histogram") < before[2]
    assert "20 rows flagged" in slider.get_attribute("aria-valuetext")


@pytest.mark.exhaustive
def test_one_button_leads_back_to_the_chosen_threshold(visit):
    page = visit()
    page.locator("#threshold").fill("0")
    assert page.locator("#moved").is_visible()
    assert live(page, "flagged") == "≈ 2,999"
    assert "approximate" in page.locator("#approximate").inner_text()
    assert "the 240 most anomalous are listed here" in page.locator("#listed").inner_text()
    assert "of 2,999 flagged rows are among them" in page.locator("#view-note").inner_text()
    page.locator("#back").click()
    assert live(page, "flagged") == "120"
    assert page.locator("#moved").is_hidden()
    assert page.locator("#approximate").inner_text() == ""


@pytest.mark.exhaustive
def test_a_click_on_the_histogram_moves_the_threshold_there(visit):
    page = visit()
    canvas = page.locator("#histogram canvas")
    canvas.click(position={"x": canvas.bounding_box()["width"] / 2, "y": 60})
    assert 40 < float(live(page, "threshold")) < 60


@pytest.mark.exhaustive
def test_precision_and_recall_follow_the_threshold(visit):
    page = visit(iris_report)
    # Of the 15 rows flagged, 9 are among the 50 anomalies.
    assert (live(page, "flagged"), live(page, "precision"), live(page, "recall")) == ("15", "60%", "18%")
    page.locator("#threshold").focus()
    page.keyboard.press("Home")
    assert (live(page, "flagged"), live(page, "precision"), live(page, "recall")) == ("149", "33.6%", "100%")
    page.keyboard.press("End")
    assert (live(page, "flagged"), live(page, "precision"), live(page, "recall")) == ("0", "–", "0%")
    assert page.locator("#listed").inner_text() == "No row is flagged."


def test_every_column_sorts_the_rows_both_ways(visit):
    page = visit()
    assert head(page, "score").get_attribute("aria-sort") == "descending"
    for title in ("price", "cut", "row"):
        position = 1 + page.locator("#rows thead tr > *").all_inner_texts().index(title)
        first = None
        for direction in ("ascending", "descending"):
            head(page, title).locator("button").click()
            assert page.locator("#rows th[aria-sort]").count() == 1
            assert head(page, title).get_attribute("aria-sort") == direction
            shown = column(page, position)
            values = shown if title == "cut" else [float(text.replace(",", "")) for text in shown]
            assert values == sorted(values, reverse=direction == "descending")
            assert values != first
            first = values


@pytest.mark.exhaustive
def test_severities_stand_beside_the_scores_and_sort_as_they_do(visit):
    page = visit()
    rows = diamonds_report().rows
    assert page.locator("#rows thead tr > *").all_inner_texts()[:4] == ["row", "score", "severity", "why"]
    assert column(page, 3) == [severity(row.severity) for row in rows[:25]]
    button = head(page, "severity").locator("button")
    assert button.get_attribute("title") == "Rarer than this share of rows like these, in percent"
    assert page.get_by_text("Severity is the percentage of rows like these that score lower.").is_visible()
    for direction in ("descending", "ascending"):
        button.click()
        assert head(page, "severity").get_attribute("aria-sort") == direction
        # Rows that are all above what can be written are told apart by their scores.
        scores = [float(text.replace(",", "")) for text in column(page, 2)]
        assert scores == sorted(scores, reverse=direction == "descending")
        shown = column(page, 3)
        assert shown == [
            severity(value)
            for value in sorted(r.severity for r in rows[:120])[:: 1 if direction == "ascending" else -1][:25]
        ]


@pytest.mark.exhaustive
def test_without_severities_there_is_no_such_column(visit):
    page = visit(groups_report)
    assert page.locator("#rows thead tr > *").all_inner_texts()[:3] == ["row", "score", "why"]
    assert page.get_by_text("everity").count() == 0
    page.locator("#rows tbody th button").first.click()
    assert page.locator(".explanation").count() == 1


def test_a_table_without_anything_too_rare_reads_well_and_its_slider_moves(visit):
    page = visit(clean_report)
    assert page.locator(".lead").inner_text() == (
        "None of the 150 rows is flagged: no row is too rare to be due to chance; on average at most 10% of the "
        "flagged rows may be false alarms; rate flags a share."
    )
    assert (live(page, "threshold"), live(page, "flagged"), live(page, "share")) == ("none", "0", "0%")
    assert page.locator("#unflagged").is_checked()
    assert page.locator("#rows tbody tr[data-row]").count() == 25
    slider = page.locator("#threshold")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert (live(page, "flagged"), stars(page)) == ("1", 1)
    assert page.locator("#rows tbody tr.flagged").count() == 1
    page.get_by_role("button", name="Back to no threshold").click()
    assert (live(page, "threshold"), live(page, "flagged"), stars(page)) == ("none", "0", 0)
    assert page.locator("#moved").is_hidden()


@pytest.mark.exhaustive
def test_the_search_finds_text_in_any_cell(visit):
    page = visit()
    page.locator("#filter").fill("vvs1")
    found = page.locator("#listed").inner_text()
    cells = page.locator("#rows tbody tr[data-row]").all_inner_texts()
    assert 0 < len(cells) < 25
    assert all("VVS1" in cell for cell in cells)
    assert found == f"{len(cells)} flagged rows with this text, of 120."
    page.locator("#filter").fill("no such text")
    assert page.locator("#listed").inner_text() == "No row has this text."
    assert page.locator("#listed").get_attribute("role") == "status"


def test_pages_lead_through_all_rows(visit):
    page = visit()
    seen = row_numbers(page)
    while page.locator("#next").is_enabled():
        page.locator("#next").click()
        seen += row_numbers(page)
    assert len(seen) == len(set(seen)) == 120
    assert page.locator("#page").inner_text() == "Page 5 of 5"


@pytest.mark.exhaustive
def test_rows_below_the_threshold_are_listed_on_request(visit):
    page = visit()
    page.locator("#unflagged").check()
    assert page.locator("#listed").inner_text() == "1 to 25 of 240 listed rows."


@pytest.mark.exhaustive
def test_a_row_unfolds_its_explanation_by_keyboard(visit):
    page = visit()
    button = page.locator("#rows tbody th button").first
    button.focus()
    page.keyboard.press("Enter")
    expected = diamonds_report().rows[0]
    names = page.locator(".explanation tbody th").all_inner_texts()
    assert names == [*(deviation.column for deviation in expected.deviations), "1 other column"]
    # What each column adds is told in few digits, and so is the sum.
    added = page.locator(".explanation tbody td:nth-child(4)").all_inner_texts()
    total = number(page.locator(".explanation tfoot td:nth-child(4)").inner_text())
    assert sum(map(number, added)) == pytest.approx(total, rel=1e-3) == pytest.approx(expected.surprise, rel=1e-3)
    assert page.locator(".explanation .bar path:not(.zero)").count() == 7
    assert button.get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Enter")
    assert page.locator(".explanation").count() == 0


@pytest.mark.exhaustive
def test_a_row_is_copied_as_a_line_for_a_spreadsheet(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy row").first.click()
    page.locator("#copied", has_text="is copied").wait_for(state="attached")
    fields = page.evaluate("navigator.clipboard.readText()").split("\t")
    row = diamonds_report().rows[0]
    assert fields[0] == str(row.row)
    assert fields[2:] == [severity(row.severity), row.reason, str(row.component), *row.cells]
    assert page.locator("#copied").inner_text() == f"Row {row.row} is copied."


@pytest.mark.parametrize("refusal", ["undefined", "{writeText: () => Promise.reject(new Error('no'))}"])
def test_a_copied_formula_is_text_even_where_the_page_has_no_clipboard(visit, refusal):
    page = visit(hostile_report, permissions=["clipboard-read"])
    page.evaluate(f"Object.defineProperty(navigator, 'clipboard', {{value: {refusal}, configurable: true}})")
    page.get_by_role("button", name="Copy row").first.click()
    page.locator("#copied", has_text="is copied").wait_for(state="attached")
    page.evaluate("delete navigator.clipboard")
    fields = page.evaluate("navigator.clipboard.readText()").split("\t")
    assert len(fields) == 5 + len(HOSTILE)
    assert "'" + HOSTILE[3] in fields
    assert HOSTILE[0] in fields


def test_a_negative_number_is_copied_as_a_number(visit):
    page = visit(nothing_report, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy row").first.click()
    page.locator("#copied", has_text="is copied").wait_for(state="attached")
    assert float(page.evaluate("navigator.clipboard.readText()").split("\t")[-1]) < 0


def test_the_command_is_copied_as_it_stands(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.locator("#again > details > summary").click()
    page.locator("#copy-command").click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == diamonds_report().reproduction.command


@pytest.mark.exhaustive
def test_the_picture_changes_its_columns(visit):
    page = visit()
    before = page.locator("#view canvas").evaluate("canvas => canvas.toDataURL()")
    page.locator("#view-x").select_option(label="price")
    page.locator("#view-y").select_option(label="anomaly score")
    page.locator("#view[aria-label^='anomaly score over price']").wait_for()
    assert page.locator("#view canvas").count() == 1
    assert page.locator("#view canvas").evaluate("canvas => canvas.toDataURL()") != before
    assert "probability" not in page.locator("#view-note").inner_text()
    page.locator("#view-bulk").check()
    note = page.locator("#view-note", has_text="outside the picture")
    note.wait_for()
    assert re.search(r"Outside the picture: \d+ rows\.", note.inner_text())


@pytest.mark.exhaustive
def test_a_mark_says_which_row_it_is(visit):
    page = visit(iris_report)
    page.locator("#view").scroll_into_view_if_needed()
    box = page.locator("#view canvas").bounding_box()
    for x in range(int(box["x"]) + 60, int(box["x"] + box["width"]), 6):
        page.mouse.move(x, box["y"] + 0.6 * box["height"])
        if page.locator("#tip").is_visible():
            break
    assert re.search(
        r"Row \d+.*sepal length \(cm\): [\d.]+.*severity: [\d.]+.*group \d",
        page.locator("#tip").inner_text(),
        re.DOTALL,
    )


def test_all_controls_are_reached_by_keyboard(visit):
    page = visit()
    page.evaluate("document.querySelector('#model > details').open = true")
    reached = []
    for _ in range(230):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert reached[0] == "Skip to the report"
    wanted = ["threshold", "filter", "unflagged", "view-x", "view-y", "view-bulk", "criterion"]
    assert [name for name in reached if name in wanted][: len(wanted)] == wanted


def test_names_and_cells_are_text_and_nothing_else(visit):
    page = visit(hostile_report)
    for button in page.locator("#rows tbody th button").all():
        button.click()
    page.locator("#view-x").select_option(index=5)
    page.locator("#threshold").fill("0")
    assert page.locator("#rows tbody tr[data-row]").count() > 0
    for select in ("script:not([id])", "img", "b", "a[href^=http]"):
        assert page.locator(f"body > :not(script) {select}").count() == 0
    assert page.title().startswith("script>⟨U+202E⟩.csv")
    text = page.locator("body").inner_text()
    assert "⟨U+202E⟩" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)


@pytest.mark.parametrize(
    ("make", "n_sections", "n_listed"),
    [
        (forest_report, 8, 8),  # no groups
        (nothing_report, 9, 25),  # no threshold, so that rows below one are listed
        pytest.param(big_report, 9, 25, marks=pytest.mark.exhaustive),
    ],
)
def test_a_report_with_less_or_more_in_it_is_whole(visit, make, n_sections, n_listed):
    page = visit(make)
    assert page.locator("h2").count() == n_sections
    assert page.locator("#rows tbody tr[data-row]").count() == n_listed
    page.locator("#threshold").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#moved").is_visible()


def test_the_page_refuses_foreign_scripts_styles_and_pictures(browser, written):
    with browser.new_context() as context:
        page = context.new_page()
        stopped, refused = [], []
        page.on("requestfailed", lambda request: stopped.append((request.url, request.failure)))
        page.on("console", lambda message: refused.append(message.text))
        page.goto(written(iris_report))
        page.evaluate("""() => {
          const script = document.createElement('script');
          script.textContent = 'window.foreign = true';
          const picture = document.createElement('img');
          picture.src = 'http://127.0.0.1:9/picture.png';
          const style = document.createElement('style');
          style.textContent = 'body { margin-top: 99px; }';
          document.body.append(script, picture, style);
        }""")
        page.locator("#threshold").press("ArrowLeft")
        assert page.evaluate("window.foreign") is None
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
        assert stopped == [("http://127.0.0.1:9/picture.png", "csp")]
        assert len(refused) == 3
        assert all("Content Security Policy" in text for text in refused)


def test_without_scripts_the_text_and_the_tables_are_there(visit):
    page = visit(java_script_enabled=False)
    assert page.get_by_text("120 of 3,000 rows").is_visible()
    assert page.locator("#rows tbody tr").count() == 25
    assert page.locator("#data tbody tr").count() == 7
    assert "Scripts are off" in page.locator("noscript").inner_text()
    assert page.locator("#threshold").is_hidden()


def test_groups_differ_by_colour_or_by_mark(visit):
    page = visit(many_groups_report)
    entries = page.locator("#view-key > span")
    assert entries.all_inner_texts()[:8] == [f"group {k}" for k in range(8)]
    looks = [
        entries.nth(k)
        .locator("svg")
        .evaluate("mark => getComputedStyle(mark).fill + mark.firstChild.getAttribute('d')")
        for k in range(8)
    ]
    assert len(set(looks)) == 8


def test_flagged_cells_are_coloured_with_what_is_predicted_below(visit):
    page = visit()
    report = diamonds_report()
    rows = flagged_rows(report, 25)
    assert len(rows) > 3
    assert page.locator("#rows td.wrong").count() == sum(len(flagged_cells(row)) for row in rows)
    titles = page.locator("#rows thead tr > *").all_inner_texts()
    for row in rows:
        for name, cell in flagged_cells(row).items():
            shown = page.locator(f"#rows tr[data-row='{row.row}'] > :nth-child({1 + titles.index(name)})")
            value, *_, predicted = shown.inner_text().split()
            assert shown.get_attribute("class").endswith("wrong")
            assert float(value) == cell.value
            assert number(predicted) == pytest.approx(cell.repaired, rel=1e-3)
    color = page.locator("#rows td.wrong").first.evaluate("cell => getComputedStyle(cell).backgroundColor")
    assert color == "rgb(255, 227, 207)"


@pytest.mark.exhaustive
def test_a_switch_shows_repaired_rows_with_the_score_after_and_before(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    report = diamonds_report()
    row = flagged_rows(report, 25)[0]
    (name, cell), *_ = flagged_cells(row).items()
    position = 1 + page.locator("#rows thead tr > *").all_inner_texts().index(name)
    page.locator("#repaired").focus()
    page.keyboard.press("Space")
    assert "a guess" in page.locator("#repaired-note").inner_text()
    line = page.locator(f"#rows tr[data-row='{row.row}']")
    now, was = line.locator(f":scope > :nth-child({position})").inner_text().split("was")
    assert (number(now), number(was)) == (pytest.approx(cell.repaired, rel=1e-3), cell.value)
    score, before, beside = filter(None, line.locator(":scope > :nth-child(2)").inner_text().split("\n"))
    assert number(score) == pytest.approx(row.score_after, rel=1e-3, abs=1e-3)
    assert number(before.removeprefix("was ")) == pytest.approx(row.anomaly_score, rel=1e-3)
    above = row.score_after > report.summary.decision.threshold
    assert beside.startswith("still above" if above else "not above")
    line.get_by_role("button", name="Copy row").click()
    page.locator("#copied", has_text="is copied").wait_for(state="attached")
    assert float(page.evaluate("navigator.clipboard.readText()").split("\t")[position - 3]) == pytest.approx(
        cell.repaired, rel=1e-4
    )
    page.keyboard.press("Tab")
    page.locator("#repaired").uncheck()
    assert page.locator("#repaired-note").is_hidden()
    assert line.locator(f":scope > :nth-child({position})").inner_text().startswith(f"{cell.value:g}")


@pytest.mark.exhaustive
def test_the_map_has_the_flagged_cells_of_the_flagged_rows(visit):
    page = visit()
    rows = flagged_rows(diamonds_report())
    counts = {}
    for row in rows:
        for name in flagged_cells(row):
            counts[name] = counts.get(name, 0) + 1
    labels = [label.rpartition(" · ") for label in page.locator("#map text").all_text_contents()]
    assert {name: int(count) for name, _, count in labels} == counts
    assert [int(count) for _, _, count in labels] == sorted(counts.values(), reverse=True)
    marks = page.locator("#map rect:not(.ground)")
    assert marks.count() == sum(counts.values())
    risen = sum(cell.value > cell.repaired for row in rows for cell in flagged_cells(row).values())
    assert page.locator("#map rect.risen").count() == risen
    assert (
        page.locator("#map-note")
        .inner_text()
        .endswith(f"Not drawn: {120 - len(rows)} rows unusual as a whole, without a flagged cell.")
    )
    # A mark leads to its row.
    marks.first.dispatch_event("click")
    said = marks.first.locator("title").text_content()
    row = said.removeprefix("Row ").partition(",")
    number_of = page.evaluate("document.activeElement.closest('tr').dataset.row")
    assert said.startswith(f"Row {int(number_of)}, "), row
    assert page.locator(".explanation").count() == 1
    # The map follows the slider.
    page.locator("#threshold").focus()
    page.keyboard.press("End")
    assert page.locator("#map-part").is_hidden()


@pytest.mark.exhaustive
def test_a_map_of_many_columns_is_bounded_and_scrolls_by_itself(visit):
    page = visit(wide_report, viewport={"width": 400, "height": 800})
    assert 20 < page.locator("#map text").count() <= 40
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert page.locator("#map svg").evaluate("map => map.getBoundingClientRect().height") < 600
    narrow = page.locator("#map .ground").first.evaluate("one => one.getBoundingClientRect().width")
    assert narrow >= 20


def reasons_shown(page):
    rows = page.locator("#reasons-table tbody tr")
    return [
        (row.locator("th").inner_text(), int(row.locator("td.number").inner_text().replace(",", "")))
        for row in rows.all()
    ]


def test_reasons_count_the_flagged_rows_and_follow_the_threshold(visit):
    page = visit()
    report = diamonds_report()
    threshold = report.summary.decision.threshold
    while page.locator("#more-reasons").is_visible():
        page.locator("#more-reasons").click()
    shown = reasons_shown(page)
    assert sum(count for _, count in shown) == 120
    assert {words for words, _ in shown} == {row.shared for row in report.rows if row.anomaly_score > threshold}
    assert [count for _, count in shown] == sorted((count for _, count in shown), reverse=True)
    alike = {}
    for row in report.rows:
        if row.anomaly_score > threshold:
            cells = flagged_cells(row).values()
            key = frozenset((cell.column, cell.value > cell.repaired) for cell in cells)
            alike.setdefault(key, []).append(row)
    assert sorted(count for _, count in shown) == sorted(map(len, alike.values()))
    # A reason lists its rows only, and the threshold takes some away.
    page.locator("#reasons-table tbody button").first.click()
    assert page.locator("#only").is_visible()
    assert page.locator("#listed").inner_text().startswith(f"1 to 25 of {shown[0][1]}") or shown[0][1] <= 25
    page.locator("#all-rows").click()
    assert page.locator("#only").is_hidden()
    slider = page.locator("#threshold")
    slider.fill(str(int(slider.input_value()) + 100))
    assert sum(count for _, count in reasons_shown(page)) == 20


def test_marks_are_kept_and_downloaded_in_the_form_that_the_command_reads(visit, tmp_path):
    page = visit()
    first, second = diamonds_report().rows[:2]
    page.get_by_label(f"Mark of row {first.row}", exact=True).select_option("fine")
    page.get_by_label(f"Mark of row {second.row}", exact=True).select_option("error")
    assert page.locator("#marks-note").inner_text() == "Marked: 1 error, 1 fine."
    page.reload()
    page.locator("#rows tbody tr[data-row]").first.wait_for()
    assert page.get_by_label(f"Mark of row {first.row}", exact=True).input_value() == "fine"
    with page.expect_download() as started:
        page.locator("#save-marks").click()
    assert started.value.suggested_filename == "diamonds.marks.csv"
    path = tmp_path / "marks.csv"
    started.value.save_as(path)
    found = read_reviewed(path)
    assert (found.errors, found.fine) == ({second.row - 1}, {first.row - 1})
    # A reason marks all its rows.
    page.locator("#reasons-table tbody select").first.select_option("unsure")
    assert "unsure" in page.locator("#marks-note").inner_text()
    with page.expect_download() as started:
        page.locator("#save-flagged").click()
    started.value.save_as(path)
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["row"]) for line in lines] == [row.row for row in diamonds_report().rows[:120]]
    assert [line["reason"] for line in lines[:5]] == [row.reason for row in diamonds_report().rows[:5]]
