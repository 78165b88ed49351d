"""Files of every version of the format say today what they said when they were written.

`tests/model_examples.py` made them, by the source of the revision that wrote such files: for `v1` that of the
last revision of this version, for `v1_without_checksum` that of the first, and so on:

    PYTHONPATH=<checkout>/src python tests/model_examples.py tests/golden/models/v1
    PYTHONPATH=<checkout>/src python tests/model_examples.py tests/golden/models/v1_without_checksum \
        rate reference labels
    PYTHONPATH=<checkout>/src python tests/model_examples.py tests/golden/models/v2 rate reference merged labels
    PYTHONPATH=<checkout>/src python tests/model_examples.py tests/golden/models/v3 rate reference merged labels
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import model_examples
from mixtura.storage import VERSION

MODELS = Path(__file__).parents[1] / "golden" / "models"
FILES = sorted(file.relative_to(MODELS).as_posix() for file in MODELS.glob("*/*.model"))


def close(found, expected):
    """Compare what a model says now and then: to rounding, for another processor rounds otherwise."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            close(found[key], value)
    elif isinstance(expected, list) and expected and isinstance(expected[0], float):
        np.testing.assert_allclose(found, expected, rtol=1e-11)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-11)
    else:
        assert found == expected


@pytest.mark.parametrize("name", FILES)
def test_a_model_of_a_former_version_says_what_it_said(name, tmp_path, monkeypatch):
    expected = json.loads((MODELS / name).with_suffix(".json").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.model").write_bytes((MODELS / name).read_bytes())
    model_examples.write_tables()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* has no checksum", UserWarning)
        found = model_examples.said("old.model")
    close(found, expected)
    # What the file holds, and what only counts, is the same to the last bit.
    was, now = expected["facts"]["decision"], found["facts"]["decision"]
    assert (was and was["threshold"]) == (now and now["threshold"])
    assert found.get("p_values") == expected.get("p_values")


def test_there_are_files_of_every_version():
    folders = {name.split("/")[0] for name in FILES}
    assert folders == {"v1_without_checksum", *(f"v{version}" for version in range(1, VERSION + 1))}
