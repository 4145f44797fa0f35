"""The program under Pulumi's own engine, on a rehearsal's servers: what the rehearsal's monitor
stands in for elsewhere is here the real thing. Needs what no package registry has; nothing depends
on it.
"""
