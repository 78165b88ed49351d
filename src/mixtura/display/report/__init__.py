"""The report of a table and its model: a data object first, then what renders it."""
