"""The rules there are, in the order of their options."""

from .fdr import FalseDiscoveryRate
from .rate import Rate
from .rule import ThresholdRule
from .tail import Tail
from .targets import FBeta, Precision, Recall

RULES: tuple[type[ThresholdRule], ...] = (
    Rate,
    Precision,
    Recall,
    FBeta,
    Tail,
    FalseDiscoveryRate,
)

# Where nobody asks for anything: the share of the default detector, which is slow to import; or, of labelled rows, the
# F-score that weighs precision and recall alike.
DEFAULT = FalseDiscoveryRate(0.1)
DEFAULT_ON_LABELS = FBeta(1.0)


def rule_named(name: str | None, target: float | None) -> ThresholdRule | None:
    """Return the rule of a name with its target; None where there is no such rule, or none was named."""
    return next((kind(target) for kind in RULES if kind.name == name and target is not None), None)
