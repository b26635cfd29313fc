"""What the front end is sent: ``messages`` has it all, and ``web/src/wire.ts`` the types of it."""
