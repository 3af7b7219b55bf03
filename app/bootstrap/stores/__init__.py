"""Opens the stores that addresses name."""
