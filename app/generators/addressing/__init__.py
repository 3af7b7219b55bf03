"""Where each generator puts a page. A function returns None where it cannot be told. Pure."""
