"""What files of former versions hold, as this version would write it."""

import json

import numpy as np
import pytest
from safetensors.numpy import save as to_bytes

from mixtura import load
from mixtura.errors import ModelFileError
from mixtura.tables.models.provenance import FitFigures, MergedComponents, Provenance, ThresholdChoice

ARRAYS = {
    "model.weights": np.array([0.25, 0.75]),
    "model.means": np.array([[0.0, 1.0], [-1.0, 0.5]]),
    "model.covariances": np.array([[1.0, 2.0], [0.5, 0.1]]),
    "model.center": np.zeros(2),
    "model.scale": np.ones(2),
    "table.center": np.array([10.0, -3.0]),
    "table.scale": np.array([2.0, 0.1]),
    "table.calibration": np.array([-7.0, -2.5, 0.0]),
}
MANIFEST = {
    "format": "mixtura",
    "version": 1,
    "kind": "table",
    "model": "mixture",
    "settings": {"shape": "diag"},
    "columns": ["height", "mass"],
    "threshold": -4.5,
    "rate": None,
    "trained_on": "reference",
    "info": {},
}

pytestmark = pytest.mark.filterwarnings("ignore:.* has no checksum")


@pytest.fixture
def read(tmp_path):
    """Load a table model of version 1 with some entries in its manifest."""

    def read(**changes):
        file = tmp_path / "old.model"
        file.write_bytes(to_bytes(ARRAYS, metadata={"mixtura": json.dumps(MANIFEST | changes)}))
        return load(file)

    return read


def test_scores_are_turned(read):
    model = read()
    assert model.threshold == 4.5
    np.testing.assert_array_equal(model.calibration, [0.0, 2.5, 7.0])
    assert not np.signbit(model.calibration).any()
    np.testing.assert_array_equal(model.p_values(np.array([-1.0, 2.5, 8.0])), [1.0, 0.75, 0.25])
    assert read(threshold=None).threshold is None


def test_facts_become_a_provenance(read):
    info = {
        "model": "mixture",
        "description": "2 components",
        "fit": {"bic": 12.0, "aic": 3},
        "reference": "clean.csv",
        "merging": {"clusters": [1, 0], "asked": True},
        "rule": "fdr",
        "target": 0.1,
        "mine": {"n": 3},
    }
    assert read(info=info).provenance == Provenance(
        "mixture",
        "2 components",
        FitFigures(bic=12.0),
        ThresholdChoice("fdr", 0.1),
        "reference",
        "clean.csv",
        MergedComponents((1, 0), asked=True),
        notes={"mine": {"n": 3}},
    )


@pytest.mark.parametrize(
    ("info", "rate", "choice"),
    [
        ({}, 0.1, ThresholdChoice("rate", 0.1)),
        ({}, None, None),
        ({"rule": "mine", "target": "high"}, None, None),
        ({"rule": "tail", "target": 0}, None, None),
        ({"rule": "fdr"}, 0.2, ThresholdChoice("rate", 0.2)),
        ({"rule": "tail", "target": 1e-4}, 0.2, ThresholdChoice("tail", 1e-4)),
    ],
)
def test_how_the_threshold_was_chosen(read, info, rate, choice):
    made = read(info=info, rate=rate).provenance
    assert made.threshold == choice
    assert made.notes == (info if choice is None or choice.rule == "rate" else {})


def test_facts_of_other_types_become_notes(read):
    info = {"model": 3, "description": None, "fit": 3, "reference": ["a"]}
    assert read(info=info, trained_on="table").provenance == Provenance(notes=info)
    assert read(info={"fit": {"bic": "low", "secret": 1.0}}).provenance.fit == FitFigures()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rate": 2.0}, "above 0 and below 1"),
        ({"rate": 1}, "does not have the entries of a mixture"),
        ({"info": None}, "does not have the entries of a mixture"),
        ({"trained_on": None}, "does not have the entries of a mixture"),
        ({"trained_on": "hearsay"}, "trained_on must be 'table' or 'reference', not 'hearsay'"),
        ({"info": {"a": float("nan")}}, "types that JSON has"),
        ({"extra": 1}, "does not have the entries of a mixture"),
        *(
            ({"info": {"merging": merging}}, "from 0 on without gaps")
            for merging in (3, {}, *({"clusters": clusters} for clusters in (2, [0, 2], [0, 0.5], "01")))
        ),
        *(({"info": {"merging": {"clusters": c}}}, "for each of 2 components") for c in ([0], [0, -1])),
    ],
)
def test_what_no_such_file_holds(read, changes, reason):
    with pytest.raises(ModelFileError, match=reason):
        read(**changes)
