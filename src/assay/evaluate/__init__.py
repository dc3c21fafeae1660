"""Suites, metrics, selection."""
