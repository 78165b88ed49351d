"""What data say about a parameter of a density that the user writes."""
