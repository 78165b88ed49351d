"""Detectors: the models that tell which rows do not fit, each with scikit-learn's names, and why."""
