"""Expectation-maximisation: the loop, its starts, its update rules and the estimator."""
