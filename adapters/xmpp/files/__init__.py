"""Files: in messages, and on their way to the server's service."""
