"""A folder of this machine, and the notifications of its changes."""
