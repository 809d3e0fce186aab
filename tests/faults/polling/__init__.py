"""The polling proof: hundreds of changing feeds behind a faulty server, a poller killed at random, and a count at the end.

`python -m tests.faults.polling --feeds 500 --minutes 60 --seed 1` says what was shown, what the log has, and exits with
1 when an item was lost or one item has two names. `newsroom` invents the feeds, `formats` writes them, `server` shows
them and does harm, `station` polls, `audit` counts.
"""
