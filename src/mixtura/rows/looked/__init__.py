"""What the columns of a table hold: looked at once, then decoded."""
