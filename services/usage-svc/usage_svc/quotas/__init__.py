"""What tenants may still use: quotas, reservations and thresholds."""
