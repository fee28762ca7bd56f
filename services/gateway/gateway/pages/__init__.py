"""What the gateway answers itself: documents, and the merged OpenAPI."""
