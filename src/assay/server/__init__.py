"""The HTTP server: verdicts for whoever can send rows."""
