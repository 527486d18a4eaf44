"""Shows that entries are as they were recorded: signed checkpoints, stamps, witnesses; bundles for others."""
