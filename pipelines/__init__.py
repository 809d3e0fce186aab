"""The Beam graph and its pure stages: what happens to an item between the log and the outputs."""
