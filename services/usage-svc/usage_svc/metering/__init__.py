"""What tenants have used: the ledger and its sums."""
