"""The built-in demonstration: sample feeds on loopback, the real program, alerts in the terminal."""
