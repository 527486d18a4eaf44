"""The past of rooms: asked for, read, and told apart from what was heard live."""
