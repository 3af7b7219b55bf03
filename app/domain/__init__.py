"""The domain of a comment section: frozen dataclasses and pure functions, standard library only."""
