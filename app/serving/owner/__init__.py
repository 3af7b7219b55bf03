"""What the blog's owner is shown, and may do."""
