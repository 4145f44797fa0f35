"""Destroying what the program made: that nothing of it is left where nothing shall be, and that the
rest is refused.
"""
