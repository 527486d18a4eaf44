"""One connection: the stream, its login, its resumption, requests and their answers."""
