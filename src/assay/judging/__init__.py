"""How a response meets its verifier: lanes, workers, deadlines, cache."""
