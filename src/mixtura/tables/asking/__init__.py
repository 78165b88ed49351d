"""What is asked of the work on a table, and how sentences spell it."""
