"""The page for people: the market, one rotation, their charts, and every table as CSV."""
