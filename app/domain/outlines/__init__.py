"""What is kept of a long thread, so that one more comment costs no look at all the others."""
