"""Who hears what of a rotation, when, and why not."""
