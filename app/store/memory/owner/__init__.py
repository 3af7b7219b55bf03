"""What the owner's page needs of the store in memory."""
