"""Which providers this installation has credentials of, and where those come from."""
