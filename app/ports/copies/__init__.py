"""What `afterword copy` needs of a store."""
