"""The whole daemon as a process of its own, against real servers."""
