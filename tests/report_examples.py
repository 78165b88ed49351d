"""Reports of small tables, made with the public estimators, for the tests of what renders them."""

import csv
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris

import mixtura
from mixtura.decisions.reasons import Habits, given_of, reasons, reasons_shared, shared_reason
from mixtura.display.report.facts.data import (
    ColumnFacts,
    Contours,
    Deviation,
    GroupProfile,
    Point,
    Report,
    ReportRow,
    Reproduction,
    ScoreCurve,
)
from mixtura.tables.told.decision import Decision, OnLabels
from mixtura.tables.told.groups import Group
from mixtura.tables.told.model import CandidateFacts, ModelFacts
from mixtura.tables.told.rows import Anomaly
from mixtura.tables.told.summary import Summary
from mixtura.tables.told.table import LeftOutColumn, TableFacts

DIAMONDS = Path(__file__).parents[1] / "examples" / "data" / "diamonds.csv"


@cache
def diamonds_report(n_rows=3000, n_points=1200):
    """Every eighteenth diamond under a mixture of four, 4% flagged; only some rows in the pictures."""
    with DIAMONDS.open(newline="") as file:
        rows = list(csv.DictReader(file))[:: 53940 // n_rows][:n_rows]
    names = ("carat", "depth", "table", "price", "x", "y", "z")
    X = np.array([[float(row[name]) for name in names] for row in rows])
    cells = ("carat", "cut", "color", "clarity", *names[1:])
    report = mixture_report(
        X, names, [[row[name] for name in cells] for row in rows], cells, n_components=4, rate=0.04, n_points=n_points
    )
    left_out = tuple(LeftOutColumn(name, "text") for name in ("cut", "color", "clarity"))
    table = replace(report.summary.table, source="examples/data/diamonds.csv", left_out=left_out)
    return replace(report, summary=replace(report.summary, table=table))


@cache
def iris_report(labelled=True):
    """Iris with the third kind as the anomalies, so that precision and recall are known."""
    iris = load_iris()
    names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    labels = iris.target == 2 if labelled else None
    cells = [
        [*(f"{value:g}" for value in row), iris.target_names[kind]]
        for row, kind in zip(*load_iris(return_X_y=True), strict=True)
    ]
    report = mixture_report(iris.data, names, cells, (*names, "species"), n_components=3, rate=0.1, labels=labels)
    return replace(report, summary=replace(report.summary, table=replace(report.summary.table, source="iris.csv")))


@cache
def forest_report():
    """A detector without groups or density."""
    X = load_iris().data
    names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    detector = mixtura.IsolationForest(n_estimators=30, random_state=0).fit(X)
    facts = ModelFacts("forest", "isolation forest of 30 trees", trained_on="reference.csv")
    return _report(X, names, [[f"{v:g}" for v in row] for row in X], names, detector, facts, None, rate=0.05)


@cache
def clean_report():
    """A table that was asked which of its rows are too rare, and has none."""
    report = forest_report()
    decision = replace(
        report.summary.decision, rule="fdr", target=0.1, threshold=None, n_anomalies=0, share=0.0, on_labels=None
    )
    return replace(report, summary=replace(report.summary, decision=decision))


@cache
def groups_report():
    """Rows scored by a model of `mixtura groups`: no threshold, and nothing is known of how rare a score is."""
    report = iris_report(labelled=False)
    return replace(
        report,
        summary=replace(
            report.summary,
            command="report",
            decision=None,
            anomalies=tuple(replace(anomaly, severity=math.nan) for anomaly in report.summary.anomalies),
        ),
        rows=tuple(replace(row, severity=math.nan) for row in report.rows),
        points=tuple(replace(point, severity=math.nan) for point in report.points),
    )


def mixture_report(X, names, cells, cell_columns, *, n_components, rate, labels=None, n_points=None):
    """Return the report of a table under a Gaussian mixture; components are tried from one up."""
    fits = {
        (k, shape): mixtura.GaussianMixture(k, covariance_type=shape, random_state=0).fit(X)
        for shape in ("full", "diag")
        for k in range(1, n_components + 1)
    }
    candidates = tuple(_candidate(k, shape, gm, X) for (k, shape), gm in fits.items())
    best = fits[n_components, "full"].mixture_
    detector = mixtura.MixtureDetector(best).fit(X)
    description = f"{n_components} components, full covariances" if n_components > 1 else "1 component"
    facts = ModelFacts("mixture", description, n_components, "full", best.n_parameters, candidates)
    return _report(X, names, cells, cell_columns, detector, facts, best, rate=rate, labels=labels, n_points=n_points)


def _candidate(k, shape, gm, X):
    log_likelihood, n_parameters = gm.score(X) * len(X), gm.mixture_.n_parameters
    return CandidateFacts(k, shape, gm.bic(X), gm.aic(X), log_likelihood, n_parameters, gm.converged_)


def _report(X, names, cells, cell_columns, detector, facts, mixture, *, rate, labels=None, n_points=None):
    scores = -detector.score_samples(X)
    order = np.argsort(-scores, kind="stable")
    n_flagged = round(rate * len(X))
    threshold = float(scores[order[n_flagged - 1 : n_flagged + 1]].mean())
    component = None if mixture is None else mixture.labels(X)
    listed = order[: max(2 * n_flagged, 30)]
    severities = severities_of(scores)
    rows = _rows(X, names, cells, detector, scores, severities, component, labels, listed)
    sample = order if n_points is None else np.concatenate([order[:n_flagged], order[n_flagged :: len(X) // n_points]])
    groups = () if mixture is None else _groups(X, names, component)
    curve = score_curve(scores, labels)
    summary = Summary(
        command="detect",
        table=TableFacts("table.csv", len(X), tuple(names), ()),
        model=facts,
        groups=groups,
        decision=Decision(
            "rate", rate, "table", threshold, n_flagged, n_flagged / len(X), _on_labels(scores, labels, threshold)
        ),
        anomalies=tuple(
            Anomaly(
                r.row,
                r.anomaly_score,
                r.severity,
                r.component,
                names[0],
                r.deviations[0].value,
                r.deviations[0].expected,
                r.reason,
            )
            for r in rows[:10]
        ),
        notices=("4 rows are missing more than half of their values.",),
        out="table.scored.parquet",
        new_columns=("anomaly_score", "severity", "is_anomaly", "reason"),
        saved=None,
        seconds=1.3,
    )
    return Report(
        summary=summary,
        columns=tuple(column_facts(name, X[:, k]) for k, name in enumerate(names)),
        profiles=() if mixture is None else _profiles(mixture),
        scores=curve,
        cell_columns=tuple(cell_columns),
        rows=rows,
        view_columns=tuple(names),
        points=tuple(
            Point(
                int(i) + 1,
                float(scores[i]),
                float(severities[i]),
                None if component is None else int(component[i]),
                tuple(map(float, X[i])),
            )
            for i in sample
        ),
        points_are_all=len(sample) == len(X),
        contours=() if mixture is None else contours_of(mixture, X, names),
        reproduction=Reproduction(
            "mixtura detect table.csv --rate 0.04 --model mixture --report report.html",
            0,
            {"mixtura": "0.1.0", "Python": "3.13.5", "NumPy": "2.3.4"},
        ),
    )


def severities_of(scores):
    """Return numbers that rise with the scores to a hundred, the highest too close to be told apart from it."""
    ranks = len(scores) - np.argsort(np.argsort(scores, kind="stable"), kind="stable")
    return 100 - 100 * (ranks / len(scores)) ** 2


def _rows(X, names, cells, detector, scores, severities, component, labels, listed):
    explanation = detector.explain(X[listed])
    before, after = -explanation.score_before, -explanation.score_after
    habits, repaired = Habits.unknown(len(names)), explanation.repaired.copy()
    for n, k in np.argwhere(explanation.flagged_cells):
        cell = X[listed[n], k], explanation.repaired[n, k], explanation.deviation[n, k]
        repaired[n, k] = habits.told(k, *map(float, cell))[0]
    explanation = replace(explanation, score_before=before, score_after=after, repaired=repaired)
    sentences = reasons(names, X[listed], explanation)
    shared, words = reasons_shared(X[listed], explanation), {}
    for n, reason in enumerate(shared):
        words.setdefault(reason, shared_reason(names, reason, given_of(explanation, n)))
    return tuple(
        ReportRow(
            int(i) + 1,
            float(scores[i]),
            float(severities[i]),
            None if component is None else int(component[i]),
            None if labels is None else bool(labels[i]),
            tuple(cells[i]),
            sentences[n],
            tuple(_deviation(names[k], X[i], explanation, n, k) for k in explanation.ranking[n][:6]),
            float(explanation.shares[n].sum()),
            float(explanation.score_after[n]) if explanation.flagged_cells[n].any() else None,
            shared=words[shared[n]],
        )
        for n, i in enumerate(listed)
    )


def _deviation(name, values, explanation, n, k):
    repaired = float(explanation.repaired[n, k]) if explanation.flagged_cells[n, k] else None
    expected, share = float(explanation.expected[n, k]), float(explanation.shares[n, k])
    other = explanation.other_cells[n, k] and not explanation.flagged_cells[n, k]
    return Deviation(name, float(values[k]), expected, share, repaired, bool(other))


def column_facts(name, values):
    seen = values[np.isfinite(values)]
    counts, edges = np.histogram(seen, bins=24)
    return ColumnFacts(
        name,
        len(values) - len(seen),
        float(seen.min()),
        float(seen.max()),
        float(np.median(seen)),
        tuple(map(float, edges)),
        tuple(map(int, counts)),
    )


def _groups(X, names, component):
    center, spread = X.mean(axis=0), X.std(axis=0)
    groups = []
    for k in np.unique(component):
        mean = X[component == k].mean(axis=0)
        contrast = (mean - center) / spread
        n = int((component == k).sum())
        groups.append(
            Group(
                int(k),
                n,
                n / len(X),
                dict(zip(names, map(float, mean), strict=True)),
                dict(zip(names, map(float, contrast), strict=True)),
            )
        )
    return tuple(groups)


def _profiles(mixture):
    return tuple(
        GroupProfile(
            k,
            float(weight),
            tuple(map(float, mean)),
            tuple(tuple(map(float, row)) for row in covariance),
            tuple(map(float, np.sqrt(np.diag(covariance)))),
        )
        for k, (weight, mean, covariance) in enumerate(
            zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
        )
    )


def contours_of(mixture, X, names, n_grid=40):
    pairs = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))][:10]
    found = []
    for i, j in pairs:
        x, y = (np.linspace(X[:, k].min(), X[:, k].max(), n_grid) for k in (i, j))
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        log_density = mixture.marginal([i, j]).log_density(grid).reshape(n_grid, n_grid)
        found.append(
            Contours(
                names[i],
                names[j],
                tuple(map(float, x)),
                tuple(map(float, y)),
                tuple(tuple(map(float, row)) for row in log_density),
            )
        )
    return tuple(found)


def score_curve(scores, labels=None, n_thresholds=400):
    """Return the counts above every score, fewer of them further down."""
    ascending = np.sort(scores)
    exact = ascending[::-1][: n_thresholds // 2]
    coarse = (
        np.quantile(ascending[: -len(exact)], np.linspace(1, 0, n_thresholds // 2)) if len(scores) > len(exact) else ()
    )
    thresholds = np.unique(np.concatenate([exact, coarse]))[::-1]
    counts, edges = np.histogram(scores, bins=50)

    def above(chosen):
        return tuple(int((scores[chosen] > t).sum()) for t in thresholds)

    everything = np.ones(len(scores), dtype=bool)
    return ScoreCurve(
        tuple(map(float, thresholds)),
        above(everything),
        None if labels is None else above(everything),
        None if labels is None else above(labels),
        None if labels is None else len(scores),
        None if labels is None else int(labels.sum()),
        min(len(exact), len(thresholds)),
        tuple(map(float, edges)),
        tuple(map(int, counts)),
    )


def _on_labels(scores, labels, threshold):
    if labels is None:
        return None
    curve = mixtura.PrecisionRecallCurve.from_scores(-scores, labels)
    found = curve.at(-threshold)
    return OnLabels(
        len(scores),
        int(labels.sum()),
        found.precision,
        found.recall,
        (max(0.0, found.precision - 0.1), min(1.0, found.precision + 0.1)),
        (max(0.0, found.recall - 0.1), min(1.0, found.recall + 0.1)),
        float(curve.average_precision),
    )


@cache
def many_groups_report():
    X = np.random.default_rng(0).normal(size=(400, 2)) + 20 * np.arange(400)[:, None] % 160
    return mixture_report(X, ("a", "b"), [[f"{x[0]:g}", f"{x[1]:g}"] for x in X], ("a", "b"), n_components=8, rate=0.1)


@cache
def nothing_report():
    """One column, one component, no threshold, no points and nothing that was tried."""
    random = np.random.default_rng(0)
    X = np.append(random.normal(size=(60, 1)), [[1e300]], axis=0)[:60]
    report = mixture_report(X, ("only",), [[f"{x[0]:g}"] for x in X], ("only",), n_components=1, rate=0.1)
    decision = replace(report.summary.decision, threshold=None, n_anomalies=0, share=0.0, rule="tail", target=1e-4)
    summary = replace(
        report.summary, decision=decision, anomalies=(), model=replace(report.summary.model, candidates=())
    )
    return replace(report, summary=summary, points=(), contours=(), points_are_all=False)


@cache
def wide_report():
    """Two hundred columns, a wrong cell in each of 45 of them."""
    random = np.random.default_rng(0)
    X = random.normal(size=(900, 200)) + 2 * random.normal(size=(900, 1))
    X[np.arange(90), np.arange(90) % 45] += 30
    names = tuple(f"sensor {k} of the plant" for k in range(200))
    cells = [[f"{value:.3f}" for value in row[:12]] for row in X]
    mixture = mixtura.Mixture([1.0], [np.zeros(200)], mixtura.Full([np.eye(200) + 4.0], 1, 200))
    facts = ModelFacts("mixture", "1 component", 1, "full", mixture.n_parameters, ())
    report = _report(X, names, cells, names[:12], mixtura.MixtureDetector(mixture).fit(X), facts, mixture, rate=0.1)
    points = tuple(replace(point, values=point.values[:2]) for point in report.points)
    return replace(report, points=points, view_columns=names[:2], contours=())


HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "<!-- {{7*7}} ${alert(3)} `${4}`",
    '=HYPERLINK("https://example.org")',
    "abc\u202egnp.exe\u2066x\u2069\u2028\x00\x1b[31m",
    "😀 a.b[0]['c']\\\"d\"",
    "long" * 2500,
)


@cache
def hostile_report():
    """Names, cells, source and command that try to become markup, code, formulas or a turned line."""
    X = np.random.default_rng(0).normal(size=(120, len(HOSTILE)))
    X[:3] += 6
    X[5, 2] = X[90, 1] = math.nan
    cells = [[HOSTILE[(i + k) % len(HOSTILE)] for k in range(len(HOSTILE))] for i in range(len(X))]
    filled = np.where(np.isnan(X), 0.0, X)
    report = mixture_report(filled, HOSTILE, cells, HOSTILE, n_components=2, rate=0.1)
    table = replace(
        report.summary.table,
        source="</title><script>alert(5)</script>" + "\u202e.csv",
        left_out=tuple(LeftOutColumn(name, name) for name in HOSTILE),
    )
    summary = replace(
        report.summary,
        table=table,
        notices=HOSTILE,
        model=replace(
            report.summary.model,
            description="<b>bold</b>",
            trained_on=HOSTILE[1],
            seed=7,
            versions=dict.fromkeys(HOSTILE, HOSTILE[0]),
        ),
    )
    return replace(
        report,
        summary=summary,
        columns=tuple(column_facts(name, X[:, k]) for k, name in enumerate(HOSTILE)),
        points=tuple(replace(point, values=tuple(map(float, X[point.row - 1]))) for point in report.points),
        reproduction=Reproduction(" ".join(HOSTILE), None, {HOSTILE[0]: HOSTILE[1]}),
    )


@cache
def big_report():
    """As much as a report is given at most: 1,000 rows of 60 cells, 10,000 points, contours of ten pairs."""
    random = np.random.default_rng(0)
    n, names = 10_000, tuple(f"measurement {k}" for k in range(60))
    X = random.normal(size=(n, 60)) + 4 * random.integers(2, size=(n, 1))
    report = mixture_report(X[:, :6], names[:6], [["0"] * 6] * n, names[:6], n_components=2, rate=0.1)
    rows = tuple(
        replace(row, cells=tuple(f"{value:.12g} {'text' * 8}" for value in X[row.row - 1]))
        for row in report.rows[:1000]
    )
    return replace(report, rows=rows, cell_columns=names)
