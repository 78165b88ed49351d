"""Dates, times of day and durations as people write them, in several languages."""
