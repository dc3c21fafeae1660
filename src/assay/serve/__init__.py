"""Adapters for other trainers, and HTTP."""
