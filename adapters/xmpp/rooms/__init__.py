"""The rooms that we are in, what they tell of themselves, and why they refuse us."""
