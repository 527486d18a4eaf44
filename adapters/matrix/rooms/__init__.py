"""The rooms that we are in, invitations, and who may do what there."""
