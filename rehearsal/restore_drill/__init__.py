"""All servers lost with their disks, and a snapshot put back: what it takes, and what is lost."""
