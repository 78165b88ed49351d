"""The local outlier factor."""
