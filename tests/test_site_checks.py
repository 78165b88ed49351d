"""The checks of the site see what they are there to see."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_site = load(ROOT / "scripts" / "check_site.py")
run_pages = load(ROOT / "scripts" / "run_pages.py")


def problems(folder, body, head=""):
    (folder / "other.html").write_text('<h1 id="here">Other</h1>')
    (folder / "index.html").write_text(f"<html><head>{head}</head><body>{body}</body></html>")
    return list(check_site.problems(folder))


def test_sound_site(tmp_path):
    body = '<a href="other.html#here">x</a><a href="#self" id="self">y</a><a href="https://example.org/">z</a>'
    assert problems(tmp_path, body) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<a href="gone.html">x</a>', "index.html links to gone.html, which is not there"),
        ('<a href="other.html#gone">x</a>', "index.html links to other.html#gone, and that page has no such place"),
        ('<a href="#gone">x</a>', "index.html links to #gone, and that page has no such place"),
        ('<img src="gone.png">', "index.html links to gone.png, which is not there"),
        ('<script src="https://example.org/"></script>', "index.html loads https://example.org/ from the network"),
        ('<img src="//example.org/a.png">', "index.html loads //example.org/a.png from the network"),
        ('<p style="background: url(https://a.org/b)">', "index.html loads https://a.org/b from the network"),
    ],
)
def test_each_fault_is_named(tmp_path, body, found):
    assert problems(tmp_path, body) == [found]


def test_style_that_loads_from_the_network(tmp_path):
    (tmp_path / "site.css").write_text('@import "https://example.org/font.css";')
    assert problems(tmp_path, "") == ["site.css loads https://example.org/font.css from the network"]


def test_empty_site(tmp_path):
    assert list(check_site.problems(tmp_path)) == [f"{tmp_path} holds no pages"]


PAGE = """\
# Page

```python
x = 2
print("x is", x * 1.5)
```

```text
x is {printed}
```
"""


@pytest.mark.parametrize(("printed", "is_sound"), [("3.0", True), ("3.01", True), ("3.2", False), ("three", False)])
def test_pages_say_what_their_code_prints(tmp_path, printed, is_sound):
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(printed=printed))
    assert (run_pages.check(page, write=False) == []) is is_sound


def test_what_a_page_prints_can_be_written(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(printed="?"))
    assert run_pages.check(page, write=True) == []
    assert page.read_text() == PAGE.format(printed="3.0")


def test_code_of_a_page_that_fails(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 / 0)\n```\n")
    (problem,) = run_pages.check(page, write=False)
    assert "ZeroDivisionError" in problem


@pytest.mark.parametrize(
    ("said", "found", "same"),
    [
        ("fit  0.4 s", "fit  12 ms", True),
        ("rows 53,940", "rows 53,941", True),
        ("12.5 sd", "12.6 sd", True),
        ("12.5 sd", "12.9 sd", False),
        ("-1.0 below", "1.0 below", False),
        ("two groups", "three groups", False),
    ],
)
def test_lines_are_alike_up_to_rounding_and_times(said, found, same):
    assert run_pages.alike(said, found) is same
