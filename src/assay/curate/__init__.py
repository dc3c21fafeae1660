"""Which Examples we keep, and why."""
