"""Components that are merged into clusters."""
