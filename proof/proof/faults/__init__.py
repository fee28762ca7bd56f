"""Faults at random times while customers work; afterwards everything must be as a model says."""
