"""Every socket, file and server wirewatch touches, behind the Protocols of `connectors.interfaces`."""
