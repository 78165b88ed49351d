import os
import shutil
from io import BytesIO
from pathlib import Path

import pytest

from mixtura.display.report.page.html import render_html
from report_examples import diamonds_report
from requirements import go_without

GOLDEN = Path(__file__).parents[1] / "golden" / "browser"

# Pictures are compared by the mean colour of squares of this many pixels, half a line of text each way, within so many
# levels of 255. Edges of letters differ by less from one release of a browser to the next; a word or a mark that is
# elsewhere makes 20 and more.
_SQUARE = 16
_TOLERANCE = 12

# The letters of every machine differ; those of this font, in Debian's fonts-dejavu, are in the golden pictures. The
# page allows no foreign style, but a style sheet made by a script is none.
_FONT = """
const sheet = new CSSStyleSheet();
sheet.replaceSync('* { font-family: "DejaVu Sans" !important; caret-color: transparent !important; }');
document.adoptedStyleSheets = [sheet];
"""

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser(need):
    """Chromium as found on the PATH: nothing is downloaded."""
    playwright = need("playwright.sync_api")
    need("altair")
    need("vl_convert")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        go_without(f"needs a browser: none of {', '.join(_NAMES)} is on the PATH (Debian: apt-get install chromium)")
    # Chromium's sandbox does not work for root, which containers run tests as.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=["--disable-gpu", *arguments])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def written(browser, tmp_path_factory):
    """Write a report once and return its address; `browser` says first what is missing."""
    folder, done = tmp_path_factory.mktemp("reports"), {}

    def written(make):
        if make not in done:
            file = folder / f"{make.__name__}.html"
            file.write_text(render_html(make()), encoding="utf-8", newline="\n")
            done[make] = file.as_uri()
        return done[make]

    return written


@pytest.fixture(scope="session")
def pages():
    """Pages that wait for the next visit with the same context: a new one takes longer than what is shown in it."""
    return {}


@pytest.fixture
def visit(browser, written, pages):
    """Open a report without any network; at the end nothing may have been asked for, logged or thrown."""
    used, trouble = [], []

    def visit(make=diamonds_report, **context):
        address = written(make)
        context = {"viewport": {"width": 1280, "height": 900}, "offline": True, "reduced_motion": "reduce", **context}
        waiting = pages.setdefault(repr(sorted(context.items())), [])
        page = waiting.pop() if waiting else new_page(browser, context)
        listeners = {
            "console": lambda message: trouble.append(f"console: {message.text}"),
            "pageerror": lambda error: trouble.append(f"error: {error}"),
            "dialog": lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()),
            "request": lambda request: request.url == address or trouble.append(f"request: {request.url[:200]}"),
        }
        for event, listener in listeners.items():
            page.on(event, listener)
        used.append((page, context, waiting, listeners))
        page.goto(address)
        if context.get("java_script_enabled", True):
            page.locator(".chart:not([data-drawn])").first.wait_for(state="detached")
        return page

    yield visit
    for page, context, waiting, listeners in used:
        if context.get("java_script_enabled", True):
            page.evaluate("localStorage.clear()")
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
        page.emulate_media(media="null", color_scheme=context.get("color_scheme", "light"), reduced_motion="reduce")
        page.mouse.move(0, 0)
        page.goto("about:blank")
        waiting.append(page)
    assert trouble == []


def new_page(browser, context):
    opened = browser.new_context(**context)
    opened.add_init_script(_FONT)
    return opened.new_page()


@pytest.fixture
def pictured(need):
    """Compare what a locator shows with its golden picture; `MIXTURA_UPDATE_GOLDEN=1 pytest tests/browser` draws it."""
    image = need("PIL.Image")

    def pictured(locator, name, keep=True):
        kept = GOLDEN / f"{name}.png"
        drawn = image.open(BytesIO(locator.screenshot(animations="disabled"))).convert("RGB").reduce(2)
        if keep and os.environ.get("MIXTURA_UPDATE_GOLDEN") == "1":
            drawn.save(kept, optimize=True)
        golden = image.open(kept).convert("RGB")
        return golden.size == drawn.size and largest_difference(need, golden, drawn) <= _TOLERANCE

    return pictured


def largest_difference(need, one, other):
    difference = need("PIL.ImageChops").difference(one.reduce(_SQUARE // 2), other.reduce(_SQUARE // 2))
    return max(high for _, high in difference.getextrema())
