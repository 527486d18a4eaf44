"""Makes the commands for one room out of what was done in others."""
