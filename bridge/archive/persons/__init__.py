"""What the archive has of one person, on all networks: told to them, and erased."""
