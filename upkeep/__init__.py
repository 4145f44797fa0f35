"""What operators do by hand to a running Vault: `python -m upkeep`, one package or module for each
command. Nothing here runs by schedule: that is `jobs/`.
"""
