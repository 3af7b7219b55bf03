"""Copying a store into another one, whatever both are."""
