"""What the edge is compared with: nginx, and the two usual ways to record a hit in Flask."""
