"""Variational Bayesian mixtures."""
