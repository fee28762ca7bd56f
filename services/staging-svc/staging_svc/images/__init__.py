"""Images: rows that own stored photos, and the links to them."""
