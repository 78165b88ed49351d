"""What some tests need beyond the repository: without it they are skipped and say so, or fail where all is required."""

import os
from pathlib import Path

import pytest

# Set by .ci/run, where everything is there: what is missing is a failure then, and no reason to skip.
REQUIRE_OPTIONAL = "MIXTURA_REQUIRE_OPTIONAL"

# Real tables, published values: a folder beside the repository, or the one named here.
SHARED_DATA = "MIXTURA_SHARED_DATA"
SHARED = Path(os.environ.get(SHARED_DATA) or Path(__file__).parents[2] / "shared" / "data").resolve()


def go_without(reason):
    """Skip the test, or fail it where everything is required."""
    if os.environ.get(REQUIRE_OPTIONAL) == "1":
        pytest.fail(f"{REQUIRE_OPTIONAL}=1, and the test {reason}")
    pytest.skip(reason)


def needs_shared(folder):
    """Mark tests that read a folder of the shared data."""
    return pytest.mark.needs_shared(folder)


def demand_shared(folder):
    """Go without a folder of the shared data, if it is not there."""
    if not (SHARED / folder).is_dir():
        go_without(f"needs the folder {SHARED / folder}, which is not there: {SHARED_DATA} names another place")


def listed_in(folder, list_cases):
    """Return the cases that a folder of the shared data gives a test or, without it, one case that says so."""
    path = SHARED / folder
    cases = [*list_cases(path)] if path.is_dir() else [pytest.param(None, id="missing", marks=needs_shared(folder))]
    assert cases, f"{path} has none of the files that tests are made from"
    return cases
