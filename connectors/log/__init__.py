"""Implementations of `connectors.interfaces.Log`, and the consumer that reads any of them."""
