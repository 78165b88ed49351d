"""What a score means for a row: anomaly or not, how surely, and why."""
