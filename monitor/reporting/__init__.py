"""What a day's report is rendered from, gathered from the store."""
