"""Implementations of the article, search and hit Protocols of `connectors.interfaces`."""
