"""What was found, shown inside another page, and in a notebook that is executed."""

import numpy as np
import pytest

import mixtura


@pytest.fixture(scope="module")
def shown(browser):
    """What a notebook is given to show; `browser` says first what is missing."""
    values = np.random.default_rng(0).normal(size=(200, 2))
    values[::50] += [0.0, 20.0]
    return mixtura.detect(values, rate=0.02)._repr_html_()


def test_the_report_works_inside_a_page(browser, shown):
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_content(f"<!doctype html><html><body><p id='around'>around</p>{shown}</body></html>")
    report = page.frame_locator("iframe[title='Mixtura report']")
    report.locator("#rows tbody tr[data-row]").first.wait_for()
    assert report.locator("#rows tbody tr[data-row]").count() == 4
    assert report.locator("#view canvas").count() == 1
    box = page.locator("iframe").bounding_box()
    assert box["width"] > 1000
    assert box["height"] == pytest.approx(722, abs=2)
    assert said == []
    context.close()


def test_the_report_reaches_nothing_around_it(browser, shown):
    context = browser.new_context()
    page = context.new_page()
    page.set_content(f"<!doctype html><html><body>{shown}</body></html>")
    frame = page.frames[1]
    frame.wait_for_load_state()
    assert frame.evaluate("window.origin") == "null"
    assert frame.evaluate("(() => { try { return parent.document.title; } catch { return 'shut'; } })()") == "shut"
    context.close()


@pytest.mark.exhaustive
def test_an_executed_notebook_holds_the_report(need):
    need("ipykernel")
    need("altair")
    need("vl_convert")
    notebooks, client = need("nbformat.v4"), need("nbclient")
    code = (
        "import numpy as np\n"
        "import mixtura\n"
        "values = np.random.default_rng(0).normal(size=(200, 2))\n"
        "values[::50] += [0.0, 20.0]\n"
        "found = mixtura.detect(values, rate=0.02)\n"
        "found"
    )
    notebook = notebooks.new_notebook(cells=[notebooks.new_code_cell(code), notebooks.new_code_cell("found.flagged")])
    client.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    (first,), (second,) = (cell.outputs for cell in notebook.cells)
    assert first.data["text/html"].startswith(
        '<iframe title="Mixtura report" sandbox="allow-scripts allow-downloads" srcdoc="&lt;!'
    )
    assert first.data["text/plain"].startswith("the array: 200 rows")
    assert second.data["text/plain"].count("x1 = ") == 4
