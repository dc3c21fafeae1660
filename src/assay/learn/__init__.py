"""The policy learns."""
