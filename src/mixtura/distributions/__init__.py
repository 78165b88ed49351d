"""Mixtures as distributions: frozen values, the passes over rows under them, and what they answer."""
