"""Issues as clients open them, and the search for issues."""
