"""What this repository is made of: `make audit` asks what is known against it, and writes it down.

It deliberately judges nothing of a Vault or of an environment: that is attest's and the review's.
"""
