"""identity-svc: who may use which tenant, and in which role."""
