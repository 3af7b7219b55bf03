"""A simulated GitHub for tests, benchmarks and the demo; it shares no code with the GitHub client."""
