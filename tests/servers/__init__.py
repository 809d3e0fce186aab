"""Real servers for tests: Kafka and Elasticsearch from Maven Central, started once a run on free loopback ports."""
