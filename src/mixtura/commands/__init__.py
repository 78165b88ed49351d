"""What can be asked about a table, from Python and from the command line: detect, groups, score, report, compare."""
