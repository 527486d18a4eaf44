"""People from elsewhere who are on the network as themselves, each by a connection of their own."""
