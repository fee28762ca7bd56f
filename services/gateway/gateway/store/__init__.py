"""The store's host, `objects.<base>`: what of a request with a signed link reaches the object store."""
