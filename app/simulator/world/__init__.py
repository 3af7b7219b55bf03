"""The state of the simulated GitHub, and what people do there."""
