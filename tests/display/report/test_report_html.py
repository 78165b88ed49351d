import base64
import hashlib
import html
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.display.report.facts.data import Omitted, ScoreCurve
from mixtura.display.report.page import html as page
from mixtura.display.report.page.contours import levels_of, lines_of
from mixtura.display.report.page.explore import rows as listed
from mixtura.display.report.page.groups import cards
from mixtura.display.report.page.payload import Stop, first_flagging, payload, stops
from mixtura.display.report.page.sections import headline, model
from mixtura.display.report.page.text import island, isolated, plain, visible
from mixtura.errors import MissingDependencyError
from mixtura.tables.told.decision import Decision
from mixtura.tables.told.groups import Cluster, Merging
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
    nothing_report,
)


@pytest.fixture(scope="module")
def rendered(need):
    """Pages by what made their report; `need` says what is missing."""
    need("altair")
    need("vl_convert")
    done = {}

    def rendered(make):
        if make not in done:
            done[make] = page.render_html(make())
        return done[make]

    return rendered


MAKERS = [
    diamonds_report, iris_report, forest_report, nothing_report, hostile_report, big_report, groups_report,
    clean_report,
]  # fmt: skip


def payload_of(text):
    return json.loads(re.search(r'<script type="application/json" id="payload">(.*?)</script>', text, re.DOTALL)[1])


LARGE = (diamonds_report, hostile_report, big_report)


@pytest.mark.parametrize(
    "make", [pytest.param(make, marks=() if make in LARGE else pytest.mark.exhaustive) for make in MAKERS]
)
def test_a_page_has_less_than_three_million_bytes(rendered, make):
    assert len(rendered(make).encode()) < 3_000_000


@pytest.mark.parametrize("make", [iris_report, hostile_report])
def test_only_styles_and_scripts_of_the_page_are_allowed(rendered, make):
    text = rendered(make)
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)[1])
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    allowed = set(re.findall(r"'sha256-(.*?)'", policy))
    parts = re.findall(r"<style>(.*?)</style>|<script>(.*?)</script>", text, re.DOTALL)
    inside = ["".join(part) for part in parts]
    assert len(inside) == 3
    assert {base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in inside} == allowed
    # What the parser of a browser would change would have another hash.
    assert not any("\r" in part or "\0" in part for part in inside)


@pytest.mark.parametrize("make", MAKERS)
def test_markup_has_no_address_no_style_and_no_handler(rendered, make):
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", rendered(make), flags=re.DOTALL)
    tags = " ".join(re.findall(r"<[a-z][^<>]*>", markup))
    assert re.findall(r'(?:href|src)="(?!#)', tags) == []
    assert re.findall(r"\s(?:style|on[a-z]+)=", tags) == []


def test_what_is_in_a_page_is_balanced_markup(rendered):

    void, stack, unmatched = {"meta", "input", "wbr"}, [], []

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in void:
                stack.append(tag)

        def handle_endtag(self, tag):
            if not stack or stack.pop() != tag:
                unmatched.append(tag)

    Balance().feed(rendered(hostile_report))
    assert (unmatched, stack) == ([], [])


def test_severities_are_written_with_the_nines_that_tell_them_apart(rendered):
    report = replace(iris_report(), rows=iris_report().rows[:5])
    severities = (99.99999, 99.9713, 93.26, 84.26, 0.0)
    report = replace(report, rows=tuple(replace(r, severity=s) for r, s in zip(report.rows, severities, strict=True)))
    text = page.render_html(report)
    assert [row[2] for row in payload_of(text)["rows"]] == ["> 99.9999", "99.971", "93.3", "84", "0"]
    assert [row[2] for row in payload_of(rendered(iris_report))["rows"]] == [
        severity(row.severity) for row in iris_report().rows
    ]
    assert '<th scope="col">severity</th>' in text
    assert '<td class="number">&gt; 99.9999</td>' in text
    assert "the percentage of rows like these that score lower." in text


def test_without_severities_a_page_has_no_word_of_them(rendered):
    text = rendered(groups_report)
    data = payload_of(text)
    assert {row[2] for row in data["rows"]} == set(data["points"]["severity"]) == {None}
    assert "everity" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL).replace('"severity":', "")


def test_text_from_the_table_is_escaped_in_the_page(rendered):
    text = rendered(hostile_report)
    for name in HOSTILE[:3]:
        assert name not in text
        assert html.escape(name) in text
    assert len(re.findall(r"<script", re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL))) == 1
    assert not re.search(
        "[\u202a-\u202e\u2066-\u2069\u2028\u2029]", re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    )


def test_the_cells_of_the_data_are_those_of_the_report(rendered):
    rows = payload_of(rendered(diamonds_report))["rows"]
    report = diamonds_report()
    assert [row[0] for row in rows] == [row.row for row in report.rows]
    assert [tuple(row[7]) for row in rows] == [row.cells for row in report.rows]


@given(
    st.recursive(
        st.text() | st.floats() | st.none() | st.integers(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_an_island_reads_back_and_cannot_end_its_script(value):
    text = island(value)
    assert not set(text) & set("<>&\u2028\u2029")
    text.encode()
    assert island(json.loads(text)) == text


@given(st.text(st.characters(), max_size=200))
def test_escaped_text_is_all_there(text):
    shown = visible(text, 1000)
    assert html.unescape(plain(text, 1000)) == shown
    assert re.sub("⟨U\\+([0-9A-F]{4})⟩", lambda code: chr(int(code[1], 16)), shown) == text or "⟨U+" in text
    assert not re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert isolated(text).startswith("<bdi>")


def test_levels_hold_their_part_of_a_normal_distribution():
    x = np.linspace(-6, 6, 401)
    normal = -(x**2 + x[:, None] ** 2) / 2
    # The square of the distance from the centre has an exponential distribution of mean two.
    masses = (0.5, 0.8, 0.95, 0.99)
    expected = [math.log(1 - mass) for mass in masses]
    np.testing.assert_allclose(levels_of(normal, masses), expected, atol=0.01)


def test_lines_of_two_hills_are_two_closed_circles():
    x = np.linspace(-4, 4, 81)
    near = np.minimum((x - 2) ** 2 + x[:, None] ** 2, (x + 2) ** 2 + x[:, None] ** 2)
    lines = lines_of(-near, -1.0)
    assert len(lines) == 2
    for line, center in zip(sorted(lines), (-2, 2), strict=True):
        assert line[0] == line[-1]
        places = np.array(line) / 10 - 4
        np.testing.assert_allclose(np.hypot(places[:, 0] - center, places[:, 1]), 1, atol=0.01)


def test_a_density_of_zero_in_places_has_lines():
    log_density = np.full((3, 3), -np.inf)
    log_density[1, 1] = 0.0
    (line,) = lines_of(log_density, -1.0)
    assert line[0] == line[-1]
    assert np.isfinite(line).all()


CURVE = ScoreCurve((5.0, 3.0, 1.0), (0, 1, 4), (0, 1, 3), (0, 1, 1), 4, 2, 2, (0.0, 5.0), (5,))


def test_the_chosen_threshold_is_a_stop_between_those_of_the_curve():
    found, chosen = stops(CURVE, Decision("rate", 0.2, "table", 2.0, 2, 0.2))
    assert [stop.threshold for stop in found] == [5.0, 3.0, 2.0, 1.0]
    assert found[chosen] == Stop(2.0, True, 2, 3, 1, 4)
    assert [stop.exact for stop in found] == [True, True, True, False]


def test_a_chosen_threshold_of_the_curve_is_there_once():
    found, chosen = stops(CURVE, Decision("rate", 0.2, "table", 3.0, 1, 0.2))
    assert [stop.threshold for stop in found] == [5.0, 3.0, 1.0]
    assert chosen == 1


@pytest.mark.parametrize("decision", [None, Decision("tail", 1e-4, "table", None, 0, 0.0)])
def test_without_a_threshold_the_slider_starts_where_nothing_is_flagged(decision):
    found, chosen = stops(CURVE, decision)
    assert found[chosen] == Stop(None, True, 0, 0, 0)
    assert len(found) == 4


@given(st.lists(st.floats(-5, 5), max_size=6), st.floats(-6, 6), st.booleans())
def test_a_row_is_flagged_from_the_first_lower_stop_on(thresholds, score, nothing):
    found = [Stop(t, True, 0, None, None) for t in sorted(set(thresholds), reverse=True)]
    if nothing:
        found.insert(0, Stop(None, True, 0, None, None))
    first = first_flagging(found, score)
    flagged = [stop.threshold is not None and score > stop.threshold for stop in found]
    assert flagged == [position >= first for position in range(len(found))]


@pytest.mark.parametrize(("changes", "sentence"), [
    ({}, "their anomaly score is above 3.457, chosen to flag 10% of the rows."),
    ({"trained_on": "reference"}, "chosen to flag 10% of clean rows."),
    ({"rule": "tail", "target": 1e-4}, "chosen to flag one in 10,000 normal rows, by the tail of the scores."),
    ({"rule": "fdr", "target": 0.05}, "chosen so that on average at most 5% of the flagged rows are false alarms."),
    ({"rule": None}, "their anomaly score is above 3.457."),
    ({"n_anomalies": 1}, "<strong>1 of 150 rows</strong> (10%) is flagged"),
    ({"threshold": None}, "None of the 150 rows is flagged: no score is high enough."),
    (
        {"threshold": None, "rule": "fdr"},
        "None of the 150 rows is flagged: no row is too rare to be due to chance; on average at most 10% of the "
        "flagged rows may be false alarms; rate flags a share.",
    ),
    (
        {"threshold": None, "rule": "fdr", "trained_on": "reference"},
        "None of the 150 rows is flagged: no score is high enough.",
    ),
])  # fmt: skip
def test_the_headline_says_what_was_asked_and_found(changes, sentence):
    report = iris_report()
    decision = replace(report.summary.decision, **changes)
    assert sentence in headline(replace(report, summary=replace(report.summary, decision=decision)))


def test_the_headline_of_groups_begins_with_them():
    report = iris_report()
    found = headline(replace(report, summary=replace(report.summary, decision=None)))
    assert found == (
        "The table falls into <strong>3 groups</strong>. 150 rows were scored; no threshold was asked for."
    )
    saved = replace(report.summary.decision, saved=True)
    assert "saved with the model" in headline(replace(report, summary=replace(report.summary, decision=saved)))
    assert "saved with the model" not in headline(report)


def test_clusters_are_told_before_the_groups_they_are_merged_from():
    report = iris_report()
    clusters = (Cluster(0, (0, 2), 100, 2 / 3), Cluster(1, (1,), 50, 1 / 3))
    merged = replace(report, summary=replace(report.summary, merging=Merging(clusters, asked=True)))
    assert "The table falls into <strong>2 clusters</strong>, merged from 3 groups." in headline(merged)
    shown = cards(merged)
    assert shown.startswith("<p>3 components merged into 2, as asked.</p>")
    assert "<td>0, 2</td>" in shown
    assert "as asked" not in cards(report)


def test_what_there_is_no_room_for_is_said():
    report = iris_report()
    omitted = Omitted(columns=6, left_out=3, groups=2, candidates=5, flagged_rows=7, flagged_points=8)
    shown = page.render_html(replace(report, omitted=omitted))
    n_tried = len(report.summary.model.candidates)
    for sentence in (
        "10 columns in use. Showing 4 of 10 columns.",
        "Also left out: 3 more columns.",
        "falls into <strong>5 groups</strong>",
        "Showing the 3 of the largest weight.",
        f"Of {n_tried + 5} combinations tried",
        f"Showing the {n_tried} with the lowest BIC",
        "8 flagged rows with lower scores left out.",
    ):
        assert sentence in shown
    assert "Showing" not in page.render_html(report).partition("<script")[0]
    assert "Long cells are cut to" in page.render_html(big_report())


def test_cells_are_cut_before_rows_are_left_out():
    big = payload(big_report())
    assert big["longest_cell"] < 400
    assert len(big["rows"]) > 500
    assert len(island(big["rows"]).encode()) <= 1_000_000
    assert payload(iris_report())["longest_cell"] == 400


def test_more_columns_than_there_is_room_for_are_not_offered():
    report = diamonds_report()
    points = tuple(replace(p, values=p.values * 50) for p in report.points) * 6
    wide = replace(
        report, points=points, view_columns=tuple(f"{name} {k}" for k in range(50) for name in report.view_columns)
    )
    shown = payload(wide)
    assert 2 <= len(shown["views"]) < 50
    assert len(shown["points"]["values"]) == len(shown["views"])
    assert len(island(shown["points"]).encode()) < 1_000_000


def test_values_that_are_huge_or_missing_make_a_page(rendered):
    report = iris_report()
    values = (math.nan, 1e308, -1e308, 5e-324)
    points = tuple(replace(point, values=values) for point in report.points)
    columns = (
        replace(report.columns[0], minimum=-1e308, maximum=1e308, edges=(-1e308, 1e308), counts=(150,)),
        *report.columns[1:],
    )
    shown = payload_of(page.render_html(replace(report, points=points, columns=columns)))
    assert shown["points"]["values"][0] == [None] * 150
    assert math.isfinite(shown["points"]["values"][1][0] - shown["points"]["values"][2][0])


@pytest.mark.parametrize(("module", "library"), [("altair", "Altair"), ("vl_convert", "vl-convert-python")])
def test_a_missing_library_is_named(monkeypatch, module, library):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "mixtura.display.report.page.charts", raising=False)
    monkeypatch.delattr("mixtura.display.report.page.charts", raising=False)
    page._charts.cache_clear()
    page._library.cache_clear()
    with pytest.raises(MissingDependencyError, match=rf"{library}.*pip install 'mixtura\[cli\]'"):
        page.render_html(nothing_report())
    page._charts.cache_clear()
    page._library.cache_clear()


def test_the_renderer_is_imported_without_the_drawing_libraries():
    code = (
        "import sys, mixtura.display.report.page.html; print({'altair', 'vl_convert', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, None),
        ({"seed": 7}, "<p>It was fitted with the random seed 7.</p>"),
        ({"versions": {"mixtura": "0.1.0"}}, "<p>It was fitted by <bdi>mixtura</bdi> <bdi>0.1.0</bdi>.</p>"),
        (
            {"seed": 0, "versions": {"numpy": "2.4", "kernels": "v4"}},
            "<p>It was fitted with the random seed 0 by <bdi>numpy</bdi> <bdi>2.4</bdi>, <bdi>kernels</bdi> "
            "<bdi>v4</bdi>.</p>",
        ),
    ],
)
def test_the_model_says_its_seed_and_what_made_it_where_that_is_known(facts, sentence):
    report = iris_report()
    known = replace(report.summary, model=replace(report.summary.model, **facts))
    text = model(replace(report, summary=known))
    if sentence is None:
        assert "It was fitted" not in text
    else:
        assert sentence in text


def test_the_headline_says_what_the_threshold_achieves_on_labels():
    known = iris_report().summary.decision.on_labels
    assert known.precision == pytest.approx(0.6)
    assert "On 150 labelled rows, 60% of the flagged rows are anomalies (95% limits: 50% to 70%)." in headline(
        iris_report()
    )


def test_a_cell_that_explains_its_row_as_well_is_marked():
    report = iris_report()
    row = report.rows[0]
    one = next(deviation for deviation in row.deviations if not deviation.flagged)
    changed = tuple(replace(each, other=each is one) for each in row.deviations)
    assert one.column in report.cell_columns
    text = _listed_with(report, replace(row, deviations=changed))
    assert text.count('class="either"') == 1
    assert "A cell with a dashed edge explains its row" in text
    text = _listed_with(report, replace(row, deviations=tuple(replace(each, other=False) for each in row.deviations)))
    assert 'class="either"' not in text
    assert "dashed edge" not in text


def _listed_with(report, row):
    return listed(replace(report, rows=(row,)), [], 0, 400)


def test_the_headline_counts_rows_like_fine_ones_once():
    report = iris_report()
    decision = replace(report.summary.decision, n_like_fine=3)
    said = headline(replace(report, summary=replace(report.summary, decision=decision)))
    assert said.count("3 rows are not flagged: marked fine, or like a row marked fine.") == 1
