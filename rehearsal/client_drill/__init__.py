"""Drills of the application client: what an application notices when Vault, its token, its database
role, its clock or the network fails, and how fast secrets come when nothing does.
"""
