"""The live page and its JSON API: everything shown comes from the stores behind `connectors.interfaces`."""
