"""What `python -m policies` can be asked: one command in each module.

A command's docstring is its `--help`. It has `add_arguments(parser)`, `run(options)`, which returns
the exit status, and `REFUSALS`: the errors that are answers to wrong input, and shown without a
traceback.
"""
