"""Bars and supplies from files, and what is stored into files.

What a file brings passes the checks that a poll's answer passes (:mod:`monitor.ingest.validation`).
"""
