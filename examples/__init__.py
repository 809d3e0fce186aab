"""Example content shipped with wirewatch: default feeds, watchlists and the sample wire."""
