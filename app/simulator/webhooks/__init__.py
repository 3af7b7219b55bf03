"""The webhook deliveries of the simulator."""
