"""The wall: one picture of everything a worker owns, for people who look up from their desks."""
