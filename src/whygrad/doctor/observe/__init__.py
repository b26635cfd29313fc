"""What is noted of a run while it goes on, and the copy of the network that is experimented on."""
