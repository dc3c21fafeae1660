"""How a response meets its verifier: lanes, workers, deadlines, cache, and the session that owns them."""
