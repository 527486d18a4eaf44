"""Tells one person what the archive has of them, on all networks, and erases it."""
