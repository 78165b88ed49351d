"""Kinds that a user may say a column is of; a file of its own, because command lines are checked without NumPy."""

ASKED = ("number", "flag", "category", "date", "time", "duration", "text", "identifier")
