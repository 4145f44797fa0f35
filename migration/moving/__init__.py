"""Moves values of a .env file to where each belongs: a KV entry in Vault, or the stack's own
configuration, from which the program writes the entry.

`env_file` reads, `mapping` asks the matrix, `places` says what a place must know; `vault` and
`stack` are the two; `decision` says what stands in the way.
"""
