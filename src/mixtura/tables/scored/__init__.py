"""The last pass over a table: every row scored, the flagged ones told, and what a report keeps of it."""
