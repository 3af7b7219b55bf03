"""The file as a source and as a target of `afterword copy`."""
