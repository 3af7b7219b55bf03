"""What the exit status of a command says."""

EXIT_FAILURES = 1
"""Some of several things failed; each is named with its reason."""
EXIT_ERROR = 2
"""The command cannot start or go on; one sentence on standard error says why."""
EXIT_RATE_LIMIT = 3
"""The hour's requests to GitHub are used up before the mirror is complete."""
EXIT_INTERRUPT = 130
"""Ctrl-C: 128 and the number of SIGINT, as shells report it."""
