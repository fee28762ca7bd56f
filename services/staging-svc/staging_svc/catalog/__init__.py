"""What customers can choose: room types, styles, options."""
