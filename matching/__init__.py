"""What an entry is about. Pure: text in, decision out."""
