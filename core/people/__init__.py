"""The people of a workspace: who is there, how they come in, what they may do, and how they leave."""
