"""Putting the parts together: command line, configuration to parts, loops, orderly stop."""
