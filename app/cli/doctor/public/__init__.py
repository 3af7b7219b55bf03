"""The check of the public address, and what it judges a response by."""
