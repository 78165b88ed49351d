"""Mixtura."""
