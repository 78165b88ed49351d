"""What one pass over a table learns of its columns."""
