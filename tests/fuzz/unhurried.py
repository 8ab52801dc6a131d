"""`chatpulse`, which nobody asks too often: the fuzzer asks as fast as it can."""

from chatpulse import web_server
from chatpulse.cli import main

web_server.BURST = 10**9  # type: ignore[misc]

if __name__ == "__main__":
    main()
