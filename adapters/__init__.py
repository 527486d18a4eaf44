"""The protocols that Hubbub speaks, one folder each. None imports another, nor from `bridge` but its face."""
