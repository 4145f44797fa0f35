"""A rolling change: the servers are restarted or upgraded one at a time, the leader last."""
