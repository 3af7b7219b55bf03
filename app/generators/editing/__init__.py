"""Write the number of an issue into the front matter of a page, and change nothing else in its bytes."""

from app.generators.editing.numbers import repository_in, set_number

__all__ = ["repository_in", "set_number"]
