"""The rules that choose a threshold: each is one class in one file, and one line in `listed`.

The command line makes its options from these classes, so importing them imports nothing that is slow.
"""

from .asked import Rule, rule
from .listed import RULES, rule_named
from .rule import ThresholdRule

__all__ = ["RULES", "Rule", "ThresholdRule", "rule", "rule_named"]
