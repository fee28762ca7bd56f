"""What the edge is told about tenants."""
