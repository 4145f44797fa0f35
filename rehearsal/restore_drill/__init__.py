"""All servers lost with their disks, and a snapshot put back by `python -m upkeep restore`: what it
takes, and what is lost. `python -m rehearsal.restore_drill`.
"""
