"""How people are asked into a tenant, and come in."""
