"""How tables are written, a class for each format."""
