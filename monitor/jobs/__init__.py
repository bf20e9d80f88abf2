"""What a run does at each ring of its bell, one job a file: each knows its work and nothing of the daemon around it."""
