"""The channels that we are in, the people there, and why they refuse us."""
