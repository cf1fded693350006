"""What people can ask. One decorated function per command (bot/command.py says how); every module here is searched."""
