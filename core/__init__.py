"""The shared vocabulary: values, ports, errors, configuration. Standard library only."""
