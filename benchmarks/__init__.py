"""Mixtura and its peers, in turn, in one run: ``python -m benchmarks``."""
