"""Gaussian mixtures: the frozen value, the four covariance shapes, the EM loop and the estimators."""
