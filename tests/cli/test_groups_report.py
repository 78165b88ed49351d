"""`mixtura groups --report`: a page that speaks of groups."""

import numpy as np


def test_the_page_begins_with_the_groups_and_has_no_threshold(run, need, tmp_path):
    need("altair")
    need("vl_convert")
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 2)) + np.repeat([[0.0], [12.0]], [150, 50], axis=0)
    table = tmp_path / "two.csv"
    table.write_text("a,b\n" + "".join(f"{x:.4f},{y:.4f}\n" for x, y in values), encoding="utf-8")
    page = tmp_path / "two.html"
    ended = run("groups", str(table), "--components", "2", "--shape", "full", "--report", str(page), "-q")
    assert ended.code == 0
    text = page.read_text(encoding="utf-8")
    assert "The table falls into <strong>2 groups</strong>. Each of the 200 rows is assigned to one." in text
    assert text.index('id="groups"') < text.index('id="views"') < text.index('id="flagged"')
    body = text[text.index("<body>") : text.index('<script type="application/json"')]
    assert "The rows farthest from all groups" in body
    for absent in ('data-live="flagged"', 'id="threshold"', 'id="histogram"', 'id="reasons"', 'id="save-marks"'):
        assert absent not in body
