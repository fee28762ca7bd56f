"""usage-svc: what tenants have used, how much they may still use, and on which plan."""
