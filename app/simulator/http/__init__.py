"""The HTTP side of the simulator: requests, responses, rate limits and faults."""
