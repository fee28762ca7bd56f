"""What a tenant's plan includes, as usage-svc tells it."""
