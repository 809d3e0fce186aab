"""Feeds: polled politely, parsed in a child process, turned into items on the log."""
