"""What the dialects in question make of one page, and what counts of it."""
