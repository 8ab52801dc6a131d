"""Why brokers could not be used, in words that name the setting or the right to look at.

aiokafka tells most reasons in its log only and raises that it could not bootstrap; `overheard`
listens to it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from ..tracebacks import Told

DENIED: Final = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
)
"""What brokers answer when the user lacks a right."""

EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED
OTHER_NAME: Final = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


class Reason(NamedTuple):
    """What went wrong, what to look at, and whether it was the brokers' or our refusal."""

    text: str
    remedy: str = "check `brokers`, `security` and that Kafka runs"
    refused: bool = True


def explain(*errors: BaseException) -> Reason:
    """Return the most telling reason among the errors and their causes; the newest is last."""
    for error in reversed(errors):
        for cause in _causes(error):
            if (reason := _refusal(cause)) is not None:
                return reason
    [*_, first] = _causes(errors[-1])
    return Reason(_plain(first), refused=False)


def told(error: BaseException, *, right: str = "a right") -> str:
    """Say in a few words what went wrong; `right` is the one the request needed."""
    return missing_right(error, right) if isinstance(error, DENIED) else explain(error).text


def missing_right(error: BaseException, right: str) -> str:
    """Name what brokers refused: the right, and the topic or group it is missing on."""
    named = error.args[0] if error.args else ""
    if isinstance(error, GroupAuthorizationFailedError):
        return f"{right} is missing on group {named}"
    if isinstance(error, ClusterAuthorizationFailedError):
        return f"{right} is missing on the cluster"
    names = named if isinstance(named, set | frozenset) else {getattr(named, "topic", named)}
    return f"{right} is missing on topic {', '.join(sorted(map(str, names)))}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _refusal(error: BaseException) -> Reason | None:
    """Return the reason if one side refused the other, None if nobody answered."""
    match error:
        case ssl.SSLCertVerificationError():
            return _certificate(error)
        case ssl.SSLError():
            return _handshake(error.reason or str(error))
        case SaslAuthenticationFailed():
            said = error.args[0] if error.args else "authentication failed"
            return Reason(
                f"the broker refused the user or the password ({said})",
                "see security.username, security.password_file and security.sasl_mechanism",
            )
        case UnsupportedSaslMechanismError():
            return Reason("the broker does not offer this mechanism", "see security.sasl_mechanism")
        case IllegalSaslStateError():
            return Reason("the broker asks for no password at this port", "see security.protocol")
        case AuthenticationFailedError():
            return Reason(
                "who answers could not prove that it knows the password, so it is no broker of "
                f"yours ({error.args[0]})",
                "check `brokers` and who listens there",
            )
        case asyncio.IncompleteReadError() | ConnectionResetError() | ConnectionAbortedError():
            return Reason(
                "the broker closed the connection without a word",
                "the port may want TLS, a password or a client certificate, or none of them: see "
                "security.protocol and security.cert",
            )
        case _:
            return None


def _certificate(error: ssl.SSLCertVerificationError) -> Reason:
    message = error.verify_message.rstrip(".")
    if error.verify_code == EXPIRED:
        remedy = "renew it on the broker, or mend this machine's clock"
    elif error.verify_code in OTHER_NAME:
        remedy = "`brokers` and the brokers' advertised.listeners must use a name that is in it"
    else:
        remedy = "security.ca must name the authority that signed it"
    return Reason(f"the broker's certificate is not accepted: {message}", remedy)


def _handshake(reason: str) -> Reason:
    words = (reason.partition("_ALERT_")[2] or reason).replace("_", " ").lower()
    if "_ALERT_" in reason and ("certificate" in words or words == "unknown ca"):
        return Reason(
            f"the broker refused the client's certificate, or that there is none ({words})",
            "security.cert and security.key must name one that the brokers' authorities signed",
        )
    return Reason(f"broker and client did not agree on TLS ({words})", "see security.protocol")


def _plain(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    return str(Told(error))  # of bugs of ours the kind only


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        found = record.args if isinstance(record.args, tuple) else ()
        self.heard += [argument for argument in found if isinstance(argument, BaseException)]


@contextmanager
def overheard(name: str) -> Iterator[list[BaseException]]:
    """Write nothing of the logger `name` inside the block; collect the errors it tells of."""
    logger, listener = logging.getLogger(name), _Listener()
    level, propagate = logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield listener.heard
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = propagate
