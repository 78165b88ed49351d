"""Dataframes, and cells as Python has them."""
