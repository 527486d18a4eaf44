"""What an owner's tools do with a journal's file, also while a service uses it."""
