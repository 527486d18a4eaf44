"""The archive in the service: hears what happens beside the relay, and has its process record it."""
