"""The one place where a response meets a verifier."""
