"""The quotas of photos and of bytes, which usage-svc keeps."""
