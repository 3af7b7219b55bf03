"""What the owner's page needs of the store, beside the ports that serve readers."""
