"""Summaries of rows that add up."""
