"""The demonstration: the whole main job, for real, in a temporary folder, in seconds."""
