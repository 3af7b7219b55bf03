"""The store's implementations, a folder for each, and the rules that all of them follow."""
