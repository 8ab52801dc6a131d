"""`chatpulse`, which nobody asks too often: the fuzzer asks as fast as it can."""

from chatpulse.cli import main
from chatpulse.web import server as web_server

web_server.BURST = 10**9  # type: ignore[misc]

if __name__ == "__main__":
    main()
