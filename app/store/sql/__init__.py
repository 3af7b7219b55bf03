"""The mirror in tables: what all databases have in common. Each statement stands here once."""
