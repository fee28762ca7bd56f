"""Faults at random times while customers work; afterwards all must be as a model of them says."""
