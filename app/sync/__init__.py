"""What asks GitHub and writes the mirror."""
