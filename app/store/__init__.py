"""The implementations of the store ports, one folder each, and the rules that both follow."""
