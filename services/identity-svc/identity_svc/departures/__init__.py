"""How people leave a tenant, and how they come back."""
