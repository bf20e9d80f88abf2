"""Import and export of bars and supplies as files."""
