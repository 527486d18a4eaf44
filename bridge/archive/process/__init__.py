"""The archive's process, a child of the service: what can be asked of it, and how it does that."""
