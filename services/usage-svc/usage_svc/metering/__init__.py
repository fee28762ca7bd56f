"""Metering: the ledger and its sums."""
