"""Where `deploy/kibana/wirewatch.ndjson` comes from: saved objects for Kibana, written as people read them.

Everything is in the form that Kibana 8.9 wrote. Kibana lifts what is older than itself and refuses what is newer, so the
oldest form that can say it loads in most versions; `VERSIONS` of `tools.kibana.file` names it for each type.
"""
