"""Finds hard-coded secrets: which files, what a scanner sees in them, what is known to be none."""
