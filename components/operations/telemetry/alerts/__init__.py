"""When somebody is told, as typed values: `rules.ALERTS` are all of them."""
