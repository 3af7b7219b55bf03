"""Which comments are held back from readers, by the owner's rules."""
