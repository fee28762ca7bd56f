"""What an owner does for a member who has lost their second factors."""
