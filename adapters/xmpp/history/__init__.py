"""What was said while we were away, and how far it has been read."""
