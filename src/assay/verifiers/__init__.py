"""When an answer is right: one file a kind of answer."""
