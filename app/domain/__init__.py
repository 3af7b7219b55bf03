"""What a comment section is: frozen dataclasses and pure functions, standard library only."""
