"""Adapters that do not keep the contract, each in one way."""
