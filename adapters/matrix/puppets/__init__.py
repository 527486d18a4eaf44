"""People from elsewhere as users of their own, by an application service."""
