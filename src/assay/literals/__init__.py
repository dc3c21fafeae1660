"""Values written as text, read without evaluating."""
