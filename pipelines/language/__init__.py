"""The language stage: which language, script and macro-language a text is in. Pure functions; no Beam here."""
