"""What a change of the access matrix gives and takes away, exactly."""
