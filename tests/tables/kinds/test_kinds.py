"""What is said of kinds of model and of rules without importing them is so."""

import subprocess
import sys

import numpy as np
import pytest

from mixtura.errors import RequestError
from mixtura.tables.kinds import KINDS, kind_named
from mixtura.tables.kinds.listed import stored_kind
from mixtura.tables.kinds.request import request
from mixtura.tables.rules import RULES, rule_named


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_is_what_it_says(kind):
    X = np.random.default_rng(0).normal(size=(60, 2))
    fitted = kind.estimator(0, 60).fit(X)
    assert kind.model().kind == kind.stored_as
    if not kind.has_components:
        assert isinstance(fitted.model_, kind.model())
    assert kind_named(kind.name) is kind
    assert stored_kind(kind.stored_as).model() is kind.model()
    assert stored_kind(kind.stored_as).takes_missing == kind.takes_missing


def test_names_are_all_different():
    for names in ([kind.name for kind in KINDS], [rule.name for rule in RULES]):
        assert len(set(names)) == len(names)
    assert kind_named("oracle") is None
    assert rule_named("oracle", 0.5) is None
    assert rule_named("rate", None) is None


def test_what_only_checks_a_request_is_not_slow():
    code = "import sys, mixtura.tables.kinds.request, mixtura.tables.rules; assert 'numpy' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS if not kind.has_components])
def test_components_are_of_mixtures(kind):
    with pytest.raises(RequestError, match="components needs model='mixture' or bayesian, not " + kind):
        request("t.csv", columns=None, drop=None, model=kind, components="3", shape=None, seed=0)
