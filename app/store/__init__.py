"""The mirror's implementations: one module or folder for each."""
