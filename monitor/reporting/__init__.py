"""A day gathered from the store for its report, and when that report is due."""
