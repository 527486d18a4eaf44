"""Files: in events, and in the homeserver's store."""
