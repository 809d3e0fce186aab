"""Watchlists against documents: load, compile, match, explain. Pure functions of their arguments."""
