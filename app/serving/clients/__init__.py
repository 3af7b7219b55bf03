"""Clients: whom a request comes from, and how much of what costs something each of them may ask for."""
