"""`/owner`: the page of the blog's owner."""
