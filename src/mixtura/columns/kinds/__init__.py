"""What a column may hold, one class a kind."""
