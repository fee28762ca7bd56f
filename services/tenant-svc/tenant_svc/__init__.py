"""tenant-svc: who the customers are, what their hosts are called, and whether they may work."""
