"""`serve`: the process that serves readers, from its start to its stop."""
