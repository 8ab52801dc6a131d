"""`make bench`: all measurements, one after the other."""

from bench import replay

replay.main()
