"""A test without what it needs says so, and fails where everything is required."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import requirements
from requirements import REQUIRE_OPTIONAL, SHARED_DATA, demand_shared, go_without, listed_in


@pytest.mark.parametrize(("required", "expected"), [("0", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_what_is_missing_is_named(monkeypatch, tmp_path, required, expected):
    monkeypatch.setenv(REQUIRE_OPTIONAL, required)
    monkeypatch.setattr(requirements, "SHARED", tmp_path)
    (tmp_path / "there").mkdir()
    demand_shared("there")
    with pytest.raises(expected, match=f"needs the folder {tmp_path / 'gone'}, .*: {SHARED_DATA} names another place"):
        demand_shared("gone")
    with pytest.raises(expected, match="needs a reason"):
        go_without("needs a reason")


def test_a_folder_gives_its_cases_and_a_missing_one_a_case_that_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(requirements, "SHARED", tmp_path)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").touch()
    assert listed_in("tables", lambda folder: folder.iterdir()) == [tmp_path / "tables" / "a.csv"]
    (missing,) = listed_in("gone", lambda folder: folder.iterdir())
    assert (missing.values, missing.id) == ((None,), "missing")
    with pytest.raises(AssertionError, match="has none of the files that tests are made from"):
        listed_in("tables", lambda folder: folder.glob("*.npz"))


@pytest.mark.parametrize(
    ("required", "outcome"), [pytest.param("", "1 skipped", marks=pytest.mark.exhaustive), ("1", "1 error")]
)
def test_a_marked_test_goes_without_its_folder(tmp_path, required, outcome):
    test = "tests/rows/test_files.py::test_a_real_table"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
        env=os.environ | {SHARED_DATA: str(tmp_path), REQUIRE_OPTIONAL: required, "PYTEST_ADDOPTS": ""},
        check=False,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert f"the folder {tmp_path / 'mixture'}, which is not there" in " ".join(done.stdout.split())
    assert outcome in done.stdout.splitlines()[-1]
