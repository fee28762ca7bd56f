"""The seats of a tenant: how many people its plan lets in."""
