"""Checks pages of a site that was built for people who use a screen reader or a keyboard: axe finds nothing serious.

It needs playwright, axe-playwright-python and a Chromium on the PATH. Pages are one of each kind, on a light screen and
on a dark phone.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

PAGES = (
    "index.html",
    "start.html",
    "performance.html",
    "commands.html",
    "glossary.html",
    "api/index.html",
    "api/mixtura.GaussianMixture.html",
    "gallery/index.html",
    "gallery/plot_03_anomalies.html",
)
_SCREENS = ((1280, "light"), (400, "dark"))
_SERIOUS = ("serious", "critical")


def issues(browser: Browser, site: Path, pages: tuple[str, ...] = PAGES) -> Iterator[str]:
    """Yield a line for each serious issue of a page, and for each page that scrolls sideways."""
    for name in pages:
        for width, scheme in _SCREENS:
            tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            tab.goto((site / name).resolve().as_uri())
            where = f"{name} ({scheme}, {width} pixels)"
            for issue in Axe().run(tab).response["violations"]:
                if issue["impact"] in _SERIOUS:
                    places = ", ".join(str(node["target"][0]) for node in issue["nodes"][:3])
                    yield f"{where}: {issue['help']} ({issue['id']}), such as {places}"
            if (wide := tab.evaluate("document.documentElement.scrollWidth")) > width:
                yield f"{where}: the page is {wide} pixels wide"
            tab.close()


def main() -> int:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on the PATH: install one to check the pages (Debian: apt-get install chromium)")
        return 1
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        found = list(issues(browser, Path(sys.argv[1])))
        browser.close()
    for issue in found:
        print(issue)
    if not found:
        print(f"{sys.argv[1]}: axe finds no serious issue on {len(PAGES)} pages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
