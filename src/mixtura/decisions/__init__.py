"""What a density means for a row: anomaly or not, and why."""
