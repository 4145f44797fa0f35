"""Helps an application move to Vault: finds its secrets, and moves those of a .env file."""
