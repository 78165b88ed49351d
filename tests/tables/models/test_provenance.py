import json

import pytest

from mixtura.tables.models.provenance import FitFigures, MergedComponents, Provenance, ThresholdChoice, Versions

WHOLE = Provenance(
    "bayesian",
    "3 components",
    FitFigures(lower_bound=-12.5),
    ThresholdChoice("tail", 1e-4),
    "reference",
    "clean.csv",
    MergedComponents((0, -1, 1), asked=True),
    7,
    Versions.here(),
    {"mine": [1, {"a": None}]},
)


@pytest.mark.parametrize("made", [WHOLE, Provenance()])
def test_it_comes_back_from_what_a_file_holds(made):
    assert Provenance.from_entries(json.loads(json.dumps(made.entries()))) == made


def test_equal_parts_make_it_equal():
    assert Provenance() != WHOLE
    assert Provenance(notes={"a": (1, 2)}) == Provenance(notes={"a": [1, 2]})
    with pytest.raises(TypeError, match="unhashable"):
        hash(WHOLE)


def test_versions_are_those_in_use():
    here = Versions.here()
    assert here.kernels in ("v2", "v3", "v4", "plain")
    assert here.numpy.count(".") >= 2


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Provenance(kind=3), "the kind of a model must be text, not 3"),
        (lambda: Provenance(reference=[]), "the reference of a model must be text"),
        (lambda: Provenance(trained_on="hearsay"), "'table' or 'reference', not 'hearsay'"),
        (lambda: Provenance(seed=True), "the seed of a model must be an integer, not True"),
        (lambda: Provenance(notes={"n": {1, 2}}), "types that JSON has"),
        (lambda: Provenance(notes={"n": float("nan")}), "types that JSON has"),
        (lambda: FitFigures(bic=float("inf")), "the bic of a fit must be a finite float, not inf"),
        (lambda: FitFigures(aic=3), "the aic of a fit must be a finite float, not 3"),
        (lambda: ThresholdChoice("", 0.1), "a rule must have a name"),
        (lambda: ThresholdChoice("rate", 0.0), "the target of a rule must be a float above 0, not 0.0"),
        (lambda: ThresholdChoice("rate", 1), "the target of a rule must be a float above 0, not 1"),
        (lambda: Versions("0.1.0", None, "v3"), "the version of numpy must be text, not None"),
        (lambda: MergedComponents((0,), asked=1), "whether the number of clusters was asked for must be true or false"),
        *(
            (lambda clusters=clusters: MergedComponents(clusters), "from 0 on without gaps")
            for clusters in (3, (), (0, 2), (1,), (-1,), (0, -2), (0, 0.5), (0, True), "01")
        ),
    ],
)
def test_parts_that_are_none(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
