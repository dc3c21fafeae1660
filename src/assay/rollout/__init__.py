"""An engine answers, its attempts are judged, and both are kept."""
