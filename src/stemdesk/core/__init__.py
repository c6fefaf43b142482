"""Frozen values and rules. Standard library only; imported by everyone."""
