"""Where a table lies, and the formats of files."""
