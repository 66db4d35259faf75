"""Gmail and Google accounts."""
