"""What happened: each sync in order, and what it leaves out."""
