"""One connection: how we get in, what it hears, what it sends and what is confirmed."""
