"""Who reacted to comments, which approves them."""
