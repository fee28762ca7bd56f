"""tenant-svc: who the customers are, which hosts they have, and whether they may work."""
