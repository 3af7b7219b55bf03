"""What a site generator makes of a blog's files: which pages there are, and what their fields are. Pure."""
