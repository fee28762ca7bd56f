"""How a tenant presents itself."""
