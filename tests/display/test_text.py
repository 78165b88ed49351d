"""What the summary says of candidates."""

from dataclasses import replace

import pytest

from mixtura.display.text import render
from mixtura.tables.told.model import CandidateFacts
from report_examples import iris_report


@pytest.mark.parametrize(
    ("others", "runner_up"),
    [
        ([("tied", 1, 14), ("diag", 1, 8)], "1 × diag"),
        ([("tied", 1, 14), ("tied", 2, 19), ("full", 2, 29)], "2 × tied"),
        ([("full", 2, 29)], "2 × full"),
        ([("tied", 1, 14), ("factor", 1, 14)], None),
    ],
)
def test_one_component_of_another_shape_as_free_is_no_rival(others, runner_up):
    summary = iris_report().summary
    tried = [("full", 1, 14), *others]
    candidates = tuple(
        CandidateFacts(count, shape, 700.0 + 30 * k, 690.0, -340.0, n_parameters, True)
        for k, (shape, count, n_parameters) in enumerate(tried)
    )
    text = render(replace(summary, model=replace(summary.model, candidates=candidates)), width=80)
    if runner_up is None:
        assert "runner-up" not in text
    else:
        assert f"The runner-up, {runner_up}, is" in " ".join(text.split())


def test_estimates_of_candidates_are_marked():
    summary = iris_report().summary
    exact = CandidateFacts(2, "full", 700.0, 690.0, -340.0, 29, True)
    estimated = CandidateFacts(1, "full", 730.0, 720.0, -355.0, 14, True, is_estimated=True)
    text = render(replace(summary, model=replace(summary.model, candidates=(estimated, exact))), width=80)
    assert "~730.0" in text
    assert "▸ 700.0" in text
    assert "~ estimated from a sample of the rows, which rules it out" in text
    assert "is about 30 behind" in " ".join(text.split())
