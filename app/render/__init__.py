"""Thread to document: finished bytes, and the metadata that their HTTP response needs."""
