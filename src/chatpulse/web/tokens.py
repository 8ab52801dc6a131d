"""Bearer tokens: a file holds them, one a line.

So a new one can be added before the old one goes.
"""

from __future__ import annotations

import hmac
import logging
import re
from pathlib import Path
from typing import Final

from ..failure import Failure

SHORTEST: Final = 16
LONGEST: Final = 512
"""Characters of a token. Such cannot be guessed: so wrong ones are not counted, and right ones are
taken however many wrong ones came before."""
_TOKEN: Final = re.compile(rf"[\x21-\x7e]{{{SHORTEST},{LONGEST}}}")
log = logging.getLogger(__name__)


def read_tokens(path: Path) -> tuple[str, ...]:
    """Return the tokens of the file; raise `Failure` naming the file and the reason."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise Failure(f"bearer tokens {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Failure(f"bearer tokens {path}: no UTF-8 text") from None
    tokens = tuple(line for line in map(str.strip, lines) if line)
    if not tokens or not all(map(_TOKEN.fullmatch, tokens)):
        raise Failure(
            f"bearer tokens {path}: it has to hold one a line, each of {SHORTEST} to {LONGEST} "
            "characters without spaces; make one with `openssl rand -hex 32`"
        )
    return tokens


class Tokens:
    """The tokens of a file, which is read whenever one is shown: a change counts at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readable = True

    def hold(self, shown: str) -> bool:
        """Tell whether `shown` is one of them, in the same time for all wrong ones.

        While the file cannot be used none is: that is logged once.
        """
        try:
            tokens = read_tokens(self._path)
        except Failure as failure:
            if self._readable:
                log.error("%s; nobody who shows a token is answered", failure.message)
            self._readable = False
            return False
        self._readable = True
        guess = shown.encode(errors="surrogateescape")
        equal = [hmac.compare_digest(guess, token.encode()) for token in tokens]
        return any(equal)
