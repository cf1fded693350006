"""How long tests wait for what must come."""

# Seconds of real time until a wait in vain fails. The end of a hang and no measure of speed: a machine that tests may
# be fifteen times as slow as a quiet one.
PATIENCE = 300.0
