"""The page beside a daemon: a process of its own that is started, watched and relieved."""
