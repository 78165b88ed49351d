"""`--html`: what the terminal shows, as a page."""

import html
import re

import pytest

from mixtura.cli.terminal_page import as_html


def shown_by(page):
    body = re.search(r"<pre[^>]*>(.*)</pre>", page, re.DOTALL)[1]
    return html.unescape(re.sub(r"</?span[^>]*>", "", body))


@pytest.mark.parametrize("arguments", [["check"], ["groups", "--components", "2"]])
def test_a_page_has_the_words_of_the_terminal(run, iris, folder, arguments):
    command, *options = arguments
    ended = run(command, iris, *options, "--html", "shown.html")
    assert ended.code == 0
    page = (folder / "shown.html").read_text(encoding="utf-8")
    first, blank, *rest = shown_by(page).splitlines()
    assert (first, blank) == (f"$ mixtura {command} {iris} {''.join(f'{o} ' for o in options)}--html shown.html", "")
    assert rest == ended.out.splitlines()
    # Nothing is loaded from elsewhere, and there is no script.
    assert not re.search(r"<script|<link|src=|href=|url\(|@import", page)


def test_a_page_is_written_where_nothing_is_shown(run, iris, folder):
    ended = run("check", iris, "--html", "shown.html", "--quiet")
    assert (ended.code, ended.out) == (0, "")
    assert "Took" in shown_by((folder / "shown.html").read_text(encoding="utf-8"))


def test_only_such_pages_are_replaced(run, iris, folder):
    (folder / "mine.html").write_text("mine")
    ended = run("check", iris, "--html", "mine.html")
    assert ended.code == 2
    assert ended.err == "mixtura: mine.html exists and is not a page of --html: name another file\n"
    assert (folder / "mine.html").read_text() == "mine"
    for _ in range(2):
        assert run("check", iris, "--html", "shown.html", "--quiet").code == 0
    assert run("check", iris, "--html", "-").err.startswith("mixtura: --html cannot write to standard output")


def test_colours_are_kept_and_markup_is_text():
    shown = "\x1b[1;32mgood\x1b[0m <b>&{x} [red]plain[/red]\n"
    page = as_html(shown, "mixtura check '</title>{0}'", 40)
    assert re.search(r'<span style="color: #98e024[^"]*font-weight: bold">good</span>', page)
    assert shown_by(page).splitlines()[2] == "good <b>&{x} [red]plain[/red]"
    assert "<b>" not in page
    assert "<title>mixtura check &#x27;&lt;/title&gt;{0}&#x27;</title>" in page
