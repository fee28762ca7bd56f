"""Whether a tenant may work: provisioning, active, suspended, expired."""
