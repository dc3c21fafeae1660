"""Sentences and names: whether a text states an accepted string."""
