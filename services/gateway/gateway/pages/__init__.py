"""What the gateway answers itself: its documents, and the merged OpenAPI."""
