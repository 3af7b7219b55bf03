"""The API for the owner, at `/api/v1/owner/…`."""
