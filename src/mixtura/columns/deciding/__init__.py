"""From what was seen of a column to its kind."""
