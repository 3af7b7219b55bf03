"""The mirror in the database."""
