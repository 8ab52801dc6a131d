"""Everything on one machine: embedded broker, simulated shop, live board."""
