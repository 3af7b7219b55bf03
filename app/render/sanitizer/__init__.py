"""The sanitizer: the one allow-list of HTML, and what keeps its result well formed."""
