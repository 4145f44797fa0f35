"""A root token for the length of one command, made from key shares and ended whatever happens."""
