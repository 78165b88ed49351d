"""The check of the site's pages sees what it is there to see; `scripts/docs` runs it on the pages themselves."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_access.py"
SOUND = '<html lang="en"><title>A page</title><main><h1>A page</h1>{}</main></html>'


@pytest.fixture(scope="session")
def issues(browser, need):
    need("axe_playwright_python.sync_playwright")
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda site: list(module.issues(browser, site, ("page.html",)))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>Text.</p>", []),
        ('<img src="data:,">', ["Images must have alternative text (image-alt), such as img"] * 2),
        ('<p style="width: 600px">Text.</p>', ["the page is 608 pixels wide"]),
    ],
)
def test_each_issue_is_named_where_it_shows(issues, tmp_path, body, found):
    (tmp_path / "page.html").write_text(SOUND.format(body))
    assert [issue.partition(": ")[2] for issue in issues(tmp_path)] == found
