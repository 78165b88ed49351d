"""Pictures and reports: what models and decisions look like."""
