"""Find a thread by what older comment systems know: a term in its title, its labels, or a marker in its text."""
