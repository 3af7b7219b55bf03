"""The sizes of images: read from their first bytes, stored with the comments that show them."""
