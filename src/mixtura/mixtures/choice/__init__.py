"""How many components, and of which shape: searches, criteria and tests."""
