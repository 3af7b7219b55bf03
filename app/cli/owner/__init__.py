"""The owner's page on the command line."""
