"""What deserves attention in tables that are made to have it, and in tables that have nothing of it."""

import numpy as np
import pyarrow as pa
import pytest

from mixtura.columns.findings import findings_in
from mixtura.columns.findings.spelling import is_misspelt
from mixtura.rows.looked.looking import look, with_copies

RNG = np.random.default_rng(0)
N = 400


def findings(columns, **reading):
    tables = [pa.table(columns)]
    return findings_in(with_copies(look(lambda: tables, **reading), lambda: tables))


def finding(name, columns, **reading):
    found = [one for one in findings(columns, **reading) if one.name == name]
    assert len(found) == 1, [one.what for one in found]
    return found[0]


def names(columns, **reading):
    return {one.name for one in findings(columns, **reading)}


def measured(scale=1.0, center=50.0, n=N):
    return (center + scale * RNG.normal(size=n)).round(2)


def with_value(values, value, n):
    values = np.array(values)
    values[:: len(values) // n][:n] = value
    return values


@pytest.mark.parametrize("mark", [-200, -999, 999, 9999, -1, 99999])
def test_a_mark_of_missing_values(mark):
    found = finding("mark of missing values", {"co": with_value(np.abs(measured(10)), mark, 40), "t": measured()})
    assert found.columns == ("co",)
    assert found.n == 40
    assert found.changes_answer
    assert (found.advice.option, found.advice.values) == ("missing", (str(mark),))
    assert f"10% of the cells are exactly {mark}" in found.what


def test_one_mark_of_several_columns_is_told_once():
    columns = {name: with_value(measured(10, 200), -200, 40) for name in "abcdef"}
    found = finding("mark of missing values", columns)
    assert found.columns == tuple("abcdef")
    assert found.n == 240


def test_marks_that_were_said_are_no_finding():
    columns = {"co": with_value(measured(10, 200), -200, 40)}
    assert names(columns, missing_marks=["-200"]) == set()


def test_a_zero_where_zero_is_impossible():
    found = finding("mark of missing values", {"pressure": with_value(measured(12, 80), 0, 20)})
    assert found.advice.values == ("0",)


def test_a_date_that_no_one_meant():
    days = [f"2023-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(300)]
    found = finding("mark of missing values", {"end": [*days, *["9999-12-31"] * 50]})
    assert found.advice.values == ("9999-12-31",)


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(0, 1, 2000).round(1),
        RNG.poisson(3, 2000),
        RNG.poisson(0.3, 2000),
        np.where(RNG.random(2000) < 0.8, 0, RNG.exponential(1000, 2000).round()),
        RNG.integers(1, 6, 2000),
        np.round(20 + 10 * RNG.normal(size=2000)),
        RNG.pareto(1.5, 2000).round(2),
        np.clip(RNG.normal(50, 30, 2000), 0, 100).round(1),
        RNG.choice([-1, 0, 1], 2000),
        RNG.lognormal(0, 3, 2000),
    ],
    ids=["normal", "counts", "rare", "inflated", "scale", "degrees", "pareto", "censored", "signs", "lognormal"],
)
def test_usual_columns_have_no_marks(values):
    assert "mark of missing values" not in names({"x": values, "y": RNG.normal(size=len(values))})


def test_cells_that_are_no_numbers():
    cells = [str(value) for value in measured()]
    cells[16], cells[200] = "12.x", "o.5"
    found = finding("cells that do not fit", {"price": cells})
    assert found.what == "price: 2 cells are no numbers, such as '12.x' in row 17"
    assert (found.rows, found.n, found.changes_answer) == ((17, 201), 2, True)


def test_a_word_that_stands_for_a_missing_number():
    cells = [str(value) for value in measured()]
    for row in range(0, 30, 3):
        cells[row] = "refused"
    found = finding("cells that do not fit", {"price": cells})
    assert (found.advice.option, found.advice.values) == ("missing", ("refused",))


def test_a_row_of_totals():
    units = RNG.integers(1, 100, 30)
    sales = measured(n=30)
    shops = [f"shop {number}" for number in range(30)]
    columns = {
        "shop": [*shops, "Total"],
        "units": [*units, units.sum()],
        "sales": [*sales, round(float(sales.sum()), 2)],
    }
    found = finding("row of totals", columns)
    assert (found.rows, found.columns, found.changes_answer) == ((31,), ("units", "sales"), True)
    assert "row of totals" not in names({name: cells[:-1] for name, cells in columns.items()})


def test_totals_without_a_word_for_them():
    columns = {name: [*values, values.sum()] for name, values in (("a", np.arange(1, 40)), ("b", np.arange(7, 46)))}
    assert finding("row of totals", columns).rows == (40,)


def test_copies_of_rows():
    columns = {name: measured() for name in "abc"}
    twice = {name: np.append(values, values[[3, 8]]) for name, values in columns.items()}
    found = finding("copies of rows", twice)
    assert (found.n, found.rows, found.changes_answer) == (2, (4, N + 1), False)
    assert names(columns) == set()


def test_rows_of_few_different_values_repeat_by_chance():
    assert "copies of rows" not in names({name: RNG.integers(0, 12, 2000) for name in "abc"})


def test_columns_that_say_the_same():
    a = measured()
    found = finding("columns that say the same", {"inches": a, "cm": a * 2.54, "other": measured()})
    assert found.columns == ("inches", "cm")
    assert "2.54 times" in found.what
    towns = RNG.choice(["Oslo", "Bergen", "Bodø", "Narvik"], N)
    assert finding("columns that say the same", {"x": a, "town": towns, "city": towns}).columns == ("town", "city")
    flags = RNG.integers(0, 2, (2, N))
    assert "columns that say the same" not in names({"x": a, "a": flags[0], "b": flags[1]})


def test_levels_that_differ_by_a_slip():
    found = finding("levels alike", {"town": ["Oslo"] * 200 + ["Bergen"] * 150 + ["Olso"], "x": measured(n=351)})
    assert found.what == "town: 'Olso' (1) beside 'Oslo' (200)"
    found = finding("levels alike", {"sex": ["male"] * 50 + ["female"] * 60 + ["Male "] * 20, "x": measured(n=130)})
    assert "'Male '" in found.what


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Olso", "Oslo", True),
        ("Oslo", "Osloo", True),
        ("Oslo", "Oslo", False),
        ("male", "female", False),
        ("2019s", "2020s", False),
        ("Model 1", "Model 2", False),
        ("Bergen", "Bergwn", True),
        ("Bergen", "Begren", True),
        ("", "a", True),
    ],
)
def test_slips(one, other, expected):
    assert is_misspelt(one, other) is expected
    assert is_misspelt(other, one) is expected


def test_names_of_many_people_are_no_slips():
    first = RNG.choice(["Maria", "Marie", "Jan", "Jon", "Anna", "Anne"], N)
    assert "levels alike" not in names({"name": first, "x": measured()})


def test_a_header_that_is_a_row():
    columns = {"5.1": measured(1, 5), "3.5": measured(1, 3), "setosa": RNG.choice(["setosa", "virginica"], N)}
    assert finding("header that looks like data", columns).changes_answer
    years = {str(year): measured(500, 2000) for year in range(1990, 1999)}
    assert "header that looks like data" not in names(years)


def test_dates_apart():
    days = [f"2023-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(300)]
    found = finding("dates apart", {"day": [*days, "1023-05-01"]})
    assert found.n == 1
    assert "1023-05-01" in found.what
    assert "dates apart" not in names({"day": days})


def test_few_rows_mostly_missing_nearly_constant_spikes():
    assert "few rows" in names({"x": [1.0, 2.0, 4.0]})
    x = measured()
    assert finding("mostly missing", {"x": x, "y": [None] * 300 + [*x[:100]]}).columns == ("y",)
    assert finding("nearly constant", {"x": x, "flag": ["no"] * (N - 1) + ["yes"]}).columns == ("flag",)
    assert finding("one value in many rows", {"x": with_value(x, 50.0, 100)}).n >= 100


def test_what_changes_the_answer_comes_first():
    columns = {"a": with_value(measured(10, 200), -999, 40), "b": [None] * 390 + [1.5, 2.5] * 5, "c": measured()}
    order = [one.changes_answer for one in findings(columns)]
    assert order == sorted(order, reverse=True)
    assert len(order) > 1


def test_many_findings_of_one_sort_are_told_as_few():
    a = measured()
    found = findings({f"x{place}": a for place in range(50)})
    assert {one.name for one in found} == {"columns that say the same"}
    assert len(found) == 5
    assert "45 more cases" in found[-1].what


def table_with(*rows, at=0):
    columns = {name: [str(value) for value in measured()] for name in ("temp", "wind", "gust")}
    for row in reversed(rows):
        for (name, cells), text in zip([*columns.items()], row, strict=True):
            columns[name] = [*cells[:at], text, *cells[at:]]
    return columns


def test_a_row_of_units_is_told_once():
    columns = table_with(("°C", "m/s", "m/s"))
    found = finding("units below the header", columns)
    assert found.what == ("row 1 holds '°C' and 'm/s', which do not fit temp, wind, gust: units, or a second header")
    assert (found.rows, found.n, found.changes_answer) == ((1,), 1, True)
    assert "cells that do not fit" not in names(columns)
    two = finding("units below the header", table_with(("°C", "m/s", "m/s"), ("mean", "mean", "max")))
    assert two.what.startswith("rows 1 to 2 hold '°C' and 'm/s'")
    assert two.rows == (1, 2)


def test_other_cells_are_told_beside_a_row_of_units():
    columns = table_with(("°C", "m/s", "m/s"))
    columns["wind"][200] = "calm"
    assert finding("cells that do not fit", columns).columns == ("wind",)


def test_a_header_that_comes_again():
    found = finding("header again", table_with(("temp", "wind", "gust"), at=100))
    assert (found.what, found.rows) == ("row 101 repeats the header", (101,))


def test_one_cell_that_does_not_fit_is_no_row_of_units():
    columns = table_with(("°C", "3.5", "4.0"))
    assert finding("cells that do not fit", columns).columns == ("temp",)
    assert "units below the header" not in names(columns)


@pytest.mark.parametrize("typed", [True, False])
def test_infinite_cells_are_told_as_such_and_may_mean_missing_ones(typed):
    values = np.where(np.arange(60) % 7 == 3, np.inf, measured(n=60))
    cells = values if typed else [str(value) for value in values]
    found = finding("cells that do not fit", {"bound": cells})
    assert found.what == "bound: 9 cells are infinite, such as 'inf' in row 4"
    assert (found.advice.option, found.advice.values) == ("missing", ("inf",))
    assert "cells that do not fit" not in names({"bound": cells}, missing_marks=["inf"])
    many = np.where(np.arange(60) % 5 == 3, np.inf, values)
    assert "cells that do not fit" not in names({"bound": many if typed else [str(value) for value in many]})


def test_names_of_rows_are_numbers_or_texts_of_several_forms_or_of_one():
    airports = [f"{row * 7919:04X}".rjust(5, "K") for row in range(60)]
    passports = [f"{'CDK'[row % 3]}-{row:05d}" for row in range(60)]
    columns = {"id": np.arange(60) * 7 % 97 + 10_000, "airport": airports, "passport": passports}
    found = [found for found in findings(columns) if found.name == "names of rows"]
    assert [one.what for one in found] == [
        "id is read as names of the rows (identifier), and not used",
        "airport is read as names of the rows (identifier), and judged by its form alone",
        "passport is read as names of the rows (identifier), and not used",
    ]
    assert [(one.advice.option, one.advice.values) for one in found] == [
        ("as", ("id=number",)),
        ("drop", ("airport",)),
        ("as", ("passport=text",)),
    ]
