import pytest

from report_examples import clean_report, diamonds_report, hostile_report, iris_report

WIDE = {"viewport": {"width": 1280, "height": 900}}
NARROW = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


def unfold(page):
    """Open all that is folded, what is inside of it too."""
    while (folded := page.locator("details:not([open]) > summary:visible")).count():
        folded.first.click()


@pytest.mark.parametrize(
    ("make", "scheme", "size"),
    [
        pytest.param(iris_report, "light", WIDE, marks=pytest.mark.exhaustive),
        pytest.param(iris_report, "dark", WIDE, marks=pytest.mark.exhaustive),
        pytest.param(iris_report, "light", NARROW, marks=pytest.mark.exhaustive),
        (iris_report, "dark", NARROW),
        (hostile_report, "light", NARROW),
        pytest.param(clean_report, "light", WIDE, marks=pytest.mark.exhaustive),
    ],
)
def test_axe_finds_no_serious_issue(visit, need, make, scheme, size):
    page = visit(make, color_scheme=scheme, **size)
    page.locator("#rows tbody th button").first.click()
    unfold(page)
    # A moved threshold shows what is hidden else.
    page.locator("#threshold").fill("0")
    found = need("axe_playwright_python.sync_playwright").Axe().run(page).response["violations"]
    serious = [
        (issue["id"], [node["target"] for node in issue["nodes"]][:5])
        for issue in found
        if issue["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("make", [pytest.param(diamonds_report, marks=pytest.mark.exhaustive), hostile_report])
def test_a_narrow_window_scrolls_one_way_only(visit, make):
    page = visit(make, **NARROW)
    unfold(page)
    page.locator("#rows tbody th button").first.click()
    page.locator("#view-bulk").check()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    outside = page.evaluate("""[...document.querySelectorAll('body *')]
      .filter((one) => one.getBoundingClientRect().right > 361 && !one.closest('.scroll, pre, .unseen'))
      .map((one) => one.outerHTML.slice(0, 80))""")
    assert outside == []


def test_charts_follow_the_colour_scheme(visit):
    page = visit(color_scheme="light")
    assert page.locator(".chart[data-drawn=light]").count() == 3
    page.emulate_media(color_scheme="dark")
    page.locator(".chart:not([data-drawn=dark])").first.wait_for(state="detached")
    assert page.locator(".chart canvas").count() == 3
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    page.locator("#threshold").fill("0")
    assert page.locator("#moved").is_visible()


def test_nothing_moves_by_itself_for_those_who_asked_for_less_motion(visit):
    page = visit(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")


def test_on_paper_there_is_all_text_and_no_control(visit):
    page = visit(color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--page')").strip() == "#fdfdfc"
    assert page.locator("#model details table").is_visible()
    assert page.locator("#threshold").is_hidden()
    assert page.locator("#filter").is_hidden()
    assert page.locator("#rows tbody tr").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#model > details[open]").count() == 0


@pytest.mark.parametrize(
    ("make", "context", "places"),
    [
        (diamonds_report, WIDE, {"data": "#data", "model": "#model", "groups": "#groups", "pictures": ".pair"}),
        pytest.param(
            iris_report,
            {**WIDE, "color_scheme": "dark"},
            {"header_dark": "header", "pictures_dark": ".pair", "rows_dark": "#flagged"},
            marks=pytest.mark.exhaustive,
        ),
        (iris_report, NARROW, {"pictures_narrow": ".pair", "groups_narrow": "#groups"}),
    ],
    ids=["wide", "dark", "narrow"],
)
def test_the_page_looks_as_it_did(visit, pictured, make, context, places):
    page = visit(make, **context)
    page.evaluate("for (const fold of document.querySelectorAll('.fold')) fold.open = true")
    page.locator("#rows tbody th button").first.click()
    page.mouse.click(1, 1)
    assert [name for name, place in places.items() if not pictured(page.locator(place), name)] == []


@pytest.mark.parametrize(
    "change",
    [
        "document.getElementById('histogram').style.marginLeft = '24px'",
        pytest.param("document.querySelector('#scores h2').style.paddingLeft = '8px'", marks=pytest.mark.exhaustive),
        pytest.param(
            "const one = document.getElementById('threshold'); one.value -= 40; one.dispatchEvent(new Event('input'))",
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_a_moved_block_is_another_picture(visit, pictured, change):
    page = visit(iris_report, **NARROW)
    page.evaluate(change)
    assert not pictured(page.locator(".pair"), "pictures_narrow", keep=False)
