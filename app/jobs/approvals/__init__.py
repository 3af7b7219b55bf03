"""When GitHub is asked who reacted to comments."""
