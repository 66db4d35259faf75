"""What a workspace's events say in sum: when people read, with what, where, how soon."""
