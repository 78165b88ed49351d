import os
import shutil

import pytest
from report_examples import diamonds_report

from mixtura.display.report.html import render_html

REQUIRE_OPTIONAL = "MIXTURA_REQUIRE_OPTIONAL"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser(need):
    """Chromium as found on the PATH: nothing is downloaded."""
    playwright = need("playwright.sync_api")
    need("altair")
    need("vl_convert")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        reason = f"needs a browser: none of {', '.join(_NAMES)} is on the PATH (Debian: apt-get install chromium)"
        if os.environ.get(REQUIRE_OPTIONAL) == "1":
            pytest.fail(f"{REQUIRE_OPTIONAL}=1, and the test {reason}")
        pytest.skip(reason)
    # Chromium's sandbox does not work for root, which containers run tests as.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=arguments)
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


@pytest.fixture
def visit(browser, written):
    """Open a report without any network; at the end nothing may have been asked for, logged or thrown."""
    contexts, trouble = [], []

    def visit(make=diamonds_report, **context):
        address = written(make)
        opened = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "offline": True, "reduced_motion": "reduce", **context}
        )
        contexts.append(opened)
        page = opened.new_page()
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: request.url == address or trouble.append(f"request: {request.url[:200]}"))
        page.goto(address)
        if context.get("java_script_enabled", True):
            page.wait_for_function("document.querySelectorAll('.chart').length == document.querySelectorAll('[data-drawn]').length")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert trouble == []
