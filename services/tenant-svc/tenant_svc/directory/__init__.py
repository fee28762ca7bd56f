"""What the gateway is told about tenants."""
