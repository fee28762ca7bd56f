"""The quota of staged photos, which usage-svc keeps."""
