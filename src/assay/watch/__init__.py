"""A run, watched while it runs."""
