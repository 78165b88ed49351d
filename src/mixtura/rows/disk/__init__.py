"""What lies on disk while a table is read or written: scratch folders, locks, copies, files that appear whole."""
