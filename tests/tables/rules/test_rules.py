"""A rule is asked for by its keyword, checked, and says what it was chosen for."""

import pytest

from mixtura.errors import RequestError
from mixtura.tables.rules import RULES, Rule, rule, rule_named


@pytest.mark.parametrize("kind", RULES, ids=lambda kind: kind.name)
def test_a_rule_by_its_keyword(kind):
    target = float(kind.example)
    labels = "fraud" if kind.needs_labels else None
    assert rule(**{kind.name: target}, labels=labels) == Rule(kind(target), labels)
    assert rule_named(kind.name, target) == kind(target)
    for wrong in (0.0, -1.0, 101.0, float("nan")):
        with pytest.raises(RequestError, match=f"{kind.name} is .*: write a number "):
            rule(**{kind.name: wrong}, labels=labels)
    with pytest.raises(RequestError, match=f"{kind.name} does not use labels" if labels is None else "needs labels"):
        rule(**{kind.name: target}, labels="fraud" if labels is None else None)


def test_what_is_meant_where_nothing_is_asked_for():
    assert rule(reference="clean.csv") == Rule(rule_named("fdr", 0.1), None, "clean.csv")
    assert rule(labels="fraud") == Rule(rule_named("f_beta", 1.0), "fraud")
    assert rule(rate=None, labels="fraud", f_beta=2) == Rule(rule_named("f_beta", 2.0), "fraud")
    with pytest.raises(RequestError, match="rate and tail exclude each other"):
        rule(rate=0.1, tail=0.1)


@pytest.mark.parametrize(
    ("name", "target", "sentence"),
    [
        ("rate", 0.04, "to flag 4% of clean rows"),
        ("precision", 0.9, "for a precision of 90% or more"),
        ("recall", 0.8, "for a recall of 80% or more"),
        ("f_beta", 1.0, "for the highest F1"),
        ("tail", 1e-4, "to flag one in 10,000 normal rows, by the tail of the scores"),
        ("fdr", 0.1, "so that on average at most 10% of the flagged rows are false alarms"),
    ],
)
def test_what_a_threshold_was_chosen_for(name, target, sentence):
    assert rule_named(name, target).sentence("clean rows") == sentence
