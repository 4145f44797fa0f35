"""What `python -m migration` can be asked: one command in each module.

A command's docstring is its `--help`. It has `add_arguments(parser)` and `run(options)`, which
returns the exit status.
"""
