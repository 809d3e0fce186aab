"""One request and what surrounds it: the guard, limits, credentials, politeness, moves."""
