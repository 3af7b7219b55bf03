"""The rules of the doctor: what is wrong with a blog's posts, and with the issues that they name."""
