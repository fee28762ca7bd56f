"""usage-svc: what tenants have used, what they may still use, and on which plan."""
