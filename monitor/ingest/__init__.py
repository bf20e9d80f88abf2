"""What comes in: exchanges, files, checks, gaps."""
