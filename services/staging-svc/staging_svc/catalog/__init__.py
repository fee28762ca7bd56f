"""What can be asked for: room types, styles, options."""
