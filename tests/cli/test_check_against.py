"""`mixtura check NEW --against MODEL` passes a table like that of the model, and stops one that differs."""

import json

import numpy as np
import pytest

import mixtura
from mixtura.display.as_json import as_json

NAMES = ["age", "city", "spent"]


def rows(seed, *, shift=0, city="Rome", n_rows=400):
    rng = np.random.default_rng(seed)
    age = rng.normal(34 + shift, 12, n_rows).round().astype(int)
    cities = rng.choice(["Oslo", city], n_rows, p=[0.3, 0.7])
    return list(zip(age.tolist(), cities.tolist(), rng.gamma(2, 20, n_rows).round(2).tolist(), strict=True))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """The model of a table, as a file of bytes."""
    folder = tmp_path_factory.mktemp("january")
    table = folder / "january.csv"
    table.write_text("\n".join(",".join(map(str, row)) for row in [NAMES, *rows(0)]))
    mixtura.detect(table).model.save(folder / "january.model")
    return (folder / "january.model").read_bytes()


@pytest.fixture
def january(folder, write, fitted):
    """The table, with its model beside it."""
    (folder / "january.model").write_bytes(fitted)
    return write("january.csv", NAMES, rows(0))


def test_the_table_itself_and_one_like_it_pass(run, write, january):
    for table in (january, write("february.csv", NAMES, rows(1))):
        ended = run("check", table, "--against", "january.model", "--fail")
        assert (ended.code, ended.err) == (0, "")
        assert "Moved since the fit: none of 3 columns" in ended.out
        assert f"{table} is like the table that january.model was fitted to." in ended.out


@pytest.mark.parametrize(
    ("names", "values", "told"),
    [
        (NAMES, rows(1, shift=15), "age 0.4"),
        (NAMES, rows(1, city="Bari"), "with 1 level that the fit never saw: 'Bari' ("),
        (["years", *NAMES[1:]], rows(1), "age is not there."),
        (NAMES, [(age, city, f"about {spent}") for age, city, spent in rows(1)], "spent holds text, and held a number"),
        (NAMES, [*rows(1), (34, "Rome", 1e9)], "spent has 1 cell above"),
    ],
    ids=["moved", "level", "gone", "kind", "range"],
)
def test_a_table_that_differs_stops_a_script_and_says_where(run, write, january, names, values, told):
    table = write("new.csv", names, values)
    assert run("check", table, "--against", "january.model").code == 0
    ended = run("check", table, "--against", "january.model", "--fail")
    assert (ended.code, ended.err) == (3, "")
    assert told in " ".join(ended.out.split())
    assert "new.csv differs from the table that january.model was fitted to." in ended.out


def test_json_is_what_python_finds(run, write, january):
    table = write("new.csv", NAMES, rows(1, shift=15))
    printed = json.loads(run("check", table, "--against", "january.model", "--json").out)
    found = mixtura.check(table, against="january.model")
    assert printed | {"seconds": 0.0} == json.loads(as_json(found.summary)) | {"seconds": 0.0}
    assert found.differs
    assert [one.column for one in found.drift.moved] == ["age"]
    assert mixtura.check(table, against=mixtura.load("january.model")).news == found.news


def test_a_model_that_knows_nothing_of_its_table_cannot_be_compared_with():
    values = np.random.default_rng(0).normal(size=(50, 2))
    with pytest.raises(mixtura.errors.RequestError, match="has no record of the table"):
        mixtura.check(values, against=mixtura.detect(values).model)
