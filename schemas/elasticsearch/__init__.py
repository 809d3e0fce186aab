"""What an Elasticsearch is told about the documents: analysis, fields, templates. Plain data, built from the types here."""
