"""What the application needs of the world: one narrow Protocol per module, with its value types."""
