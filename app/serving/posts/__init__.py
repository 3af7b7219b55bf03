"""The blog's posts for their owner: what the mirror knows of the issues that they name."""
