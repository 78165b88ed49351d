"""Groups of tables with flags and categories: which columns are used, what is told, and what a saved model does."""

import json

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura.display.as_json import as_json


def people(n_rows=300, seed=0):
    """Return a table of two kinds of people, told by a number, a category, a flag and a column of two numbers."""
    random = np.random.default_rng(seed)
    tall = random.random(n_rows) < 0.4

    def mostly(one, other):
        return np.where(random.random(n_rows) < 0.85, np.where(tall, one, other), np.where(tall, other, one))

    return pd.DataFrame(
        {
            "height": np.where(tall, 182, 164) + random.normal(0, 5, n_rows),
            "sport": np.where(random.random(n_rows) < 0.1, "golf", mostly("rugby", "yoga")),
            "smokes": mostly("yes", "no"),
            "hands": mostly(2, 1),
            "town": [f"Town {k:02d}" for k in random.integers(40, size=n_rows)],
        }
    ), tall


@pytest.fixture(scope="module")
def found():
    table, _ = people()
    return mixtura.groups(table, components=[1, 2, 3], shape="diag")


def test_numbers_flags_and_categories_are_used(found):
    table = found.summary.table
    assert table.columns == ("height", "sport", "smokes", "hands")
    assert [(column.name, column.reason) for column in table.left_out] == [("town", "category of 40 levels")]


def test_groups_are_those_that_the_rows_were_drawn_from(found):
    _, tall = people()
    groups = found.summary.groups
    assert [group.n_rows for group in groups] == pytest.approx([(~tall).sum(), tall.sum()], abs=8)


def test_shares_of_levels_are_those_of_the_rows_of_each_group(found):
    table, _ = people()
    model = found.model
    shares = model.mixture.responsibilities(_coded(model, table))
    for group in found.summary.groups:
        weights = shares[:, group.component]
        for level in group.levels["sport"]:
            is_level = (table["sport"] == level.level).to_numpy()
            assert level.share == pytest.approx(weights @ is_level / weights.sum(), abs=0.02)
            assert level.overall == pytest.approx(is_level.mean(), abs=0.02)
        assert sum(level.share for level in group.levels["sport"]) == pytest.approx(1, abs=1e-5)


def _coded(model, table):
    columns = []
    for name, kind, center, scale in zip(model.columns, model.kinds, model.center, model.scale, strict=True):
        if kind.coding is None:
            columns.append((table[name] - center) / scale)
        else:
            columns.append([kind.coding.levels.index(str(cell)) for cell in table[name]])
    return np.column_stack(columns).astype(np.float64)


def test_each_group_is_told_by_its_levels(found):
    tall = found.summary.groups[1]
    assert tall.telling("sport").level == "rugby"
    assert tall.telling("smokes").level == "yes"
    assert tall.telling("hands").level == "2"
    text = repr(found)
    assert "component 1: height 18" in text
    assert "sport rugby" in text
    assert "% overall)" in text


def test_the_contrast_of_levels_is_that_of_normal_groups_as_far_apart(found):
    for group in found.summary.groups:
        shares = np.array([(level.share, level.overall) for level in group.levels["smokes"]])
        divergence = float(shares[:, 0] @ np.log(shares[:, 0] / shares[:, 1]))
        assert group.contrast["smokes"] ** 2 / 2 == pytest.approx(divergence)


def test_json_has_all_levels(found):
    groups = json.loads(as_json(found.summary))["groups"]
    assert {level["level"] for level in groups[0]["levels"]["sport"]} == {"rugby", "yoga", "golf"}
    assert set(groups[0]["center"]) == {"height"}


def test_a_named_category_is_used_whatever_its_levels():
    table, _ = people()
    named = mixtura.groups(table, columns=["height", "town"], components=1)
    assert named.summary.table.columns == ("height", "town")


def test_a_column_that_alone_tells_the_groups_is_named():
    table, tall = people()
    table["sex"] = np.where(tall, "m", "w")
    table["height"] += 30 * tall
    noted = mixtura.groups(table, components=2, shape="diag").summary.notices
    assert any("the groups follow column 'sex'" in note and "drop=['sex']" in note for note in noted)


def test_groups_that_no_column_tells_alone_have_no_such_note(found):
    assert not any("the groups follow" in note for note in found.summary.notices)


def test_a_saved_model_scores_tables_with_new_levels(found, tmp_path):
    found.model.save(tmp_path / "people.mixtura")
    model = mixtura.load(tmp_path / "people.mixtura")
    assert model == found.model
    table, _ = people(60, seed=1)
    table.loc[3, "sport"] = "chess"
    scored = mixtura.score(model, table)
    first = scored.summary.anomalies[0]
    assert (first.row, first.column, first.value) == (4, "sport", "chess")
    assert first.cells[0].expected in ("rugby", "yoga", "golf")


def test_a_report_has_a_card_with_the_levels_of_each_group(found):
    assert "rugby" in found.page
    assert "of all</td>" in found.page


def test_missing_levels_and_merged_components_are_no_trouble():
    table, _ = people()
    table.loc[::7, "sport"] = None
    table.loc[::11, "height"] = np.nan
    merged = mixtura.groups(table, components=3, shape="diag", merge=True)
    assert sum(cluster.n_rows for cluster in merged.summary.merging.clusters) == len(table)


def test_a_bayesian_mixture_tells_levels_too():
    table, _ = people()
    found = mixtura.groups(table, model="bayesian", components=4)
    assert found.summary.groups[0].levels["smokes"][0].share > 0.5


def test_categories_alone_are_latent_classes():
    table, _ = people()
    found = mixtura.groups(table[["sport", "smokes", "hands"]], components=[1, 2, 3])
    assert [group.center for group in found.summary.groups] == [{}] * len(found.summary.groups)
    assert len(found.summary.groups) == 2
