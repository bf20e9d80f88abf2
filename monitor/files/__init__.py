"""Import and export of bars and supplies as files.

What a file brings passes the checks that a poll's answer passes (:mod:`monitor.ingest.validation`).
"""
