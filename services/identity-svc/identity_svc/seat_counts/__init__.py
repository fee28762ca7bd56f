"""Whether usage-svc has counted as many seats as there are members."""
