"""What the owner's page needs of the database."""
