"""Reading a response: what it says its answer is."""
