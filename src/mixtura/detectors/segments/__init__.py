"""Rows judged within the segment of the table that they are of."""
