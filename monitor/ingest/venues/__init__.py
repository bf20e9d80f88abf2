"""What each venue says in its own way: limits, candle requests, rows."""
