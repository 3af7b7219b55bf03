"""A GitHub of our own, for tests, benchmarks and the demo; it shares nothing with the client it is asked by."""
