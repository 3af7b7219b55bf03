"""What GitHub's webhook reports about the repository with the blog's posts."""
