"""Files of every version of the format say today what they said when they were written.

`tests/model_examples.py` made them, by the source of the revision that wrote such files: for `v1` that of the
last revision of this version, for `v1_without_checksum` that of the first,

    PYTHONPATH=<checkout>/src python tests/model_examples.py tests/golden/models/v1
    PYTHONPATH=<checkout>/src python tests/model_examples.py tests/golden/models/v1_without_checksum \
        rate reference labels
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import model_examples

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


def test_there_are_files_of_every_version():
    assert {name.split("/")[0] for name in FILES} == {"v1", "v1_without_checksum"}
