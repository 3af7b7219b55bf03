"""The state of the simulated GitHub, and the changes that people make to it."""
