"""Detectors side by side, as text."""

import math
from collections.abc import Iterable

from .. import words
from ..tables.told.summary import ComparisonSummary, DetectorFacts
from .layout import Cells, Column, Part, Span, Stack, paragraph, printed
from .text import NOTE, heading, table_part, visible_facts

# Of fewer labelled anomalies, an average precision says little.
_FEW_ANOMALIES = 20


def render_comparison(summary: ComparisonSummary, *, width: int, colours: bool = False) -> str:
    """Return a comparison as text; parameters as for `mixtura.display.text.render`."""
    return printed(_parts(visible_facts(summary)), width, colours=colours)


def _parts(summary: ComparisonSummary) -> Iterable[Part]:
    yield table_part(summary.table)
    what = words.plural(summary.n_compared, "row")
    if summary.n_compared < summary.table.n_rows:
        what += f" of {words.count(summary.table.n_rows)}, drawn at random"
    if summary.n_labelled is not None and summary.n_anomalies is not None:
        what += f"; {words.count(summary.n_labelled)} labelled, {words.count(summary.n_anomalies)} of them anomalies"
    labelled = summary.n_labelled is not None
    titles = ["detector", *(["AUC", "average precision"] if labelled else []), "agreement", "in common", "fit", "score"]
    rows = []
    best = {
        name: max(getattr(detector, name) for detector in summary.detectors) if labelled else None
        for name in ("auc", "average_precision")
    }
    for detector in summary.detectors:
        figures = [
            Span(f"{getattr(detector, name):.3f}", "bold green" if getattr(detector, name) == best[name] else "")
            for name in best
            if labelled
        ]
        # Where one is alone, there is nothing to agree with.
        others = (
            f"{detector.correlation:.2f}" if math.isfinite(detector.correlation) else "–",
            words.percent(detector.flagged_by_others) if math.isfinite(detector.flagged_by_others) else "–",
            words.duration(detector.fit_seconds),
            words.duration(detector.score_seconds),
        )
        rows.append([Span(detector.name), *figures, *map(Span, others)])
    yield Stack([heading("Detectors", what), Cells([*map(Column, titles)], rows)])
    notes = []
    if summary.n_labelled and summary.n_anomalies is not None:
        chance = summary.n_anomalies / summary.n_labelled
        notes.append(f"by chance: AUC (area under the ROC curve) 0.5, average precision {chance:.3f}")
    notes.append("agreement: mean rank correlation with the scores of the other detectors")
    notes.append(
        f"in common: share of a detector's flagged rows ({words.percent(summary.rate)} of all) that another also "
        "flags, on average"
    )
    yield Stack([paragraph(Span(note, "dim"), indent=2) for note in notes])
    yield paragraph(Span("Conclusion: ", "bold"), _conclusion(summary))
    for notice in summary.notices:
        yield paragraph(NOTE, notice)
    for name, why in summary.failed.items():
        yield paragraph(NOTE, f"{name} was left out: {why}")
    yield paragraph(Span(f"Took {words.duration(summary.seconds)}", "dim"))


def _conclusion(summary: ComparisonSummary) -> str:
    """Return which detector ranks best by the labels; without labels, which agree and that this does not decide."""
    if summary.n_labelled is None:
        return _by_agreement(summary.detectors)
    ranked = sorted(summary.detectors, key=lambda detector: -(detector.average_precision or 0.0))
    figures = [f"{detector.average_precision:.3f}" for detector in ranked]
    n_best = figures.count(figures[0])
    best = words.joined([detector.name for detector in ranked[:n_best]])
    said = f"on these labels {best} {'ranks' if n_best == 1 else 'rank'} best, with average precision {figures[0]}"
    if n_best < len(ranked):
        said += f"; next is {ranked[n_best].name} with {figures[n_best]}"
    if summary.n_anomalies is not None and summary.n_anomalies < _FEW_ANOMALIES:
        few = "one labelled anomaly is" if summary.n_anomalies == 1 else f"{summary.n_anomalies} labelled anomalies are"
        said += f"; {few} few, so small differences may be chance"
    return f"{said}."


def _by_agreement(detectors: tuple[DetectorFacts, ...]) -> str:
    known = [detector for detector in detectors if math.isfinite(detector.correlation)]
    if len(known) < 2:
        return "one detector has nothing to agree with. Labels tell how well it ranks."
    most = max(known, key=lambda detector: detector.correlation)
    least = min(known, key=lambda detector: detector.correlation)
    return (
        f"{most.name} agrees most with the others ({most.correlation:.2f}), {least.name} least "
        f"({least.correlation:.2f}). Agreement does not tell which detector is right; labels do."
    )
