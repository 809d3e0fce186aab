"""The one fold and the query language: what matcher, search and indexes agree on. Pure; no import from outside schemas."""
