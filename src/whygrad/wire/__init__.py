"""What the front end is sent: domain objects, serialised.

In reading order: ``sent`` (which fields of which objects; ``web/src/wire.ts`` has their types) and
``messages`` (domain objects as JSON).
"""
