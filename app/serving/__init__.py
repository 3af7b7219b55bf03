"""What answers readers: documents, events and images, from the mirror and memory."""
