"""Comments that the owner's rules hold back: what readers get without them, and the list of them for the owner."""
