"""The API page: sections written by hand, names taken from `mixtura.__all__`, and a page for each of them.

A section lists names or patterns of names. The build stops where a public name is in no section or in two, or where a
name is listed that is not public.
"""

from fnmatch import fnmatchcase
from pathlib import Path

import mixtura

# Title, introduction, names.
SECTIONS = [
    (
        "A table in one call",
        "What the command line does: see :doc:`From Python </python>`.",
        ["check", "detect", "groups", "score", "report", "compare", "Found", "Compared", "Checked"],
    ),
    (
        "Mixtures",
        "Estimators with scikit-learn's interface, and the search among them.",
        ["GaussianMixture", "BayesianGaussianMixture", "MixtureSearch", "MixturePrior", "likelihood_ratio_test"],
    ),
    ("Components into clusters", "What belongs together though it takes several components.", ["[Mm]erge*"]),
    (
        "Detectors",
        "Rows that do not fit. All have ``score_samples``, ``decision_function``, ``predict`` and ``explain``. "
        "``MinCovDet`` is the covariance that an elliptic envelope rests on.",
        [
            "AnomalyDetector",
            "MixtureDetector",
            "EllipticEnvelope",
            "IsolationForest",
            "LocalOutlierFactor",
            "OneClassSVM",
            "MinCovDet",
        ],
    ),
    (
        "Decisions",
        "From scores, of whatever detector, to thresholds: see :doc:`the guide </thresholds>`.",
        [
            "threshold_by_rate",
            "PrecisionRecallCurve",
            "fit_tail",
            "TailModel",
            "conformal_p_values",
            "adjusted_p_values",
            "discoveries",
            "threshold_by_false_discovery_rate",
            "clean",
        ],
    ),
    ("Scores that pass once", "Summaries that add up.", ["QuantileSketch", "LowestValues"]),
    ("Pictures", "Displays, as scikit-learn has them.", ["*Display"]),
    ("Models on disk", "One file each, in which nothing runs.", ["save", "load", "TableModel"]),
    (
        "Distributions",
        "A fitted mixture as a frozen value, and what it is made of.",
        ["Mixture", "Full", "Tied", "Diagonal", "Spherical", "Factor", "Levels", "Noise"],
    ),
    (
        "One parameter of a density of your own",
        "Its likelihood, the best value, an interval.",
        ["likelihood_profile", "fit_parameter"],
    ),
    ("Progress", "What `on_progress` is told.", ["Progress*"]),
]

# What the public names take or return, by its place.
FURTHER = [
    "rows.open",
    "engines.ThreadEngine",
    "detectors.explanation.Explanation",
    "decisions.curve.Detections",
    "decisions.curve.PrecisionRecallBand",
    "tables.models.provenance.Provenance",
    "tables.models.provenance.FitFigures",
    "tables.models.provenance.ThresholdChoice",
    "tables.models.provenance.MergedComponents",
    "tables.models.provenance.Versions",
    "mixtures.choice.likelihood_ratio.LikelihoodRatioTest",
    "inference.likelihood.LikelihoodProfile",
    "inference.likelihood.ParameterFit",
    "mixtures.choice.criteria.Candidate",
    "mixtures.choice.criteria.VariationalCandidate",
    "errors.MixturaError",
    "errors.DataError",
    "errors.MissingValuesError",
    "errors.InfiniteValuesError",
    "errors.ColumnError",
    "errors.EmptyTableError",
    "errors.RequestError",
    "errors.SourceError",
    "errors.SingularCovarianceError",
    "errors.ModelFileError",
    "errors.MissingDependencyError",
]

PAGE = """\
API
===

Everything public is in the namespace ``mixtura``. Estimators also have what scikit-learn gives every estimator:
``get_params``, ``set_params``, metadata routing, and ``fit_predict`` where it says so.

.. currentmodule:: mixtura
"""

SECTION = """
{title}
{line}

{introduction}

.. autosummary::
   :toctree:
   :nosignatures:

   {names}
"""


def sectioned(names):
    """Return the title, introduction and names of each section with names; raise where a name has no one place."""
    sections = [
        (title, introduction, [name for pattern in patterns for name in sorted(names) if fnmatchcase(name, pattern)])
        for title, introduction, patterns in SECTIONS
    ]
    placed = [name for _, _, members in sections for name in members]
    for name in names:
        if placed.count(name) != 1:
            raise ValueError(f"mixtura.{name} is in {placed.count(name)} sections of the API page: see {__file__}")
    exact = [pattern for _, _, patterns in SECTIONS for pattern in patterns if not set(pattern) & set("*?[")]
    for name in exact:
        if name not in names:
            raise ValueError(f"the API page lists {name}, and mixtura has no such name: see {__file__}")
    return [section for section in sections if section[2]]


def page(names):
    """Return the API page as reStructuredText."""
    sections = [*sectioned(names), ("What these take and return", "Named by the module that they are in.", FURTHER)]
    return PAGE + "".join(
        SECTION.format(title=title, line="-" * len(title), introduction=introduction, names="\n   ".join(members))
        for title, introduction, members in sections
    )


def write(app, _config):
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    path = folder / "index.rst"
    text = page(mixtura.__all__)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def setup(app):
    app.connect("config-inited", write)
    return {"parallel_read_safe": True}
