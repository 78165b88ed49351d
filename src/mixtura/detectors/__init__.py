"""Detectors: the models that tell which rows do not belong, each with scikit-learn's names, and why."""
