"""The ways out of the process: HTTP to GitHub, and the clock."""
