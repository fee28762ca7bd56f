"""The edge: every request of a browser or an API program passes here, and nothing is stored."""
