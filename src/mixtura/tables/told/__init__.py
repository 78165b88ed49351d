"""What was found in a table, as plain data for terminals, pages and programs."""
