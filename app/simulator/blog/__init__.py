"""The texts of the demo's blog; a package, so that they are installed with it."""
