"""The mirror in SQLite: `mirror` reads and applies changes, `writes` writes them, `rows` turns rows into values."""
