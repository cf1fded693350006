"""Where news comes from."""
