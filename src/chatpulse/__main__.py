"""Run the command line with `python -m chatpulse`."""

from .cli import main

if __name__ == "__main__":
    main()
