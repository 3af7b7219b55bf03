"""What happens when: the mirror is imported, refreshed and read here, through the ports it names."""
