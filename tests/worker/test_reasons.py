"""Errors of the libraries, in the words that a person reads."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any

import pytest
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.structs import TopicPartition

from chatpulse import logs
from chatpulse.logs import Lid
from chatpulse.worker.reasons import explain, overheard, told


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] (_ssl.c:1)")
    error.reason = reason
    return error


def unverified(code: int, message: str) -> ssl.SSLCertVerificationError:
    error: Any = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error  # type: ignore[no-any-return]


def closed_by(cause: BaseException) -> KafkaConnectionError:
    """Return what aiokafka makes of a connection that broke."""
    error = KafkaConnectionError("Connection at 127.0.0.1:9093 closed")
    error.__cause__ = cause
    return error


EXPLAINED: list[tuple[BaseException, str, str]] = [
    (unverified(10, "certificate has expired"), "not accepted: certificate has expired", "renew"),
    (unverified(62, "Hostname mismatch, it is not valid for 'a'."), "for 'a'", "`brokers`"),
    (unverified(20, "unable to get local issuer certificate"), "local issuer", "security.ca"),
    (closed_by(alert("TLSV13_ALERT_CERTIFICATE_REQUIRED")), "(certificate required)", "cert and"),
    (closed_by(alert("SSLV3_ALERT_BAD_CERTIFICATE")), "(bad certificate)", "security.cert and"),
    (closed_by(alert("TLSV1_ALERT_UNKNOWN_CA")), "(unknown ca)", "security.cert and"),
    (alert("TLSV1_ALERT_PROTOCOL_VERSION"), "on TLS (protocol version)", "security.protocol"),
    (alert("WRONG_VERSION_NUMBER"), "on TLS (wrong version number)", "security.protocol"),
    (SaslAuthenticationFailed("Invalid username"), "(Invalid username)", "security.password_file"),
    (SaslAuthenticationFailed(), "(authentication failed)", "security.username"),
    (UnsupportedSaslMechanismError("conn"), "this mechanism", "security.sasl_mechanism"),
    (IllegalSaslStateError("conn"), "no password at this port", "security.protocol"),
    (AuthenticationFailedError("wrong signature!"), "wrong signature", "who listens there"),
    (closed_by(asyncio.IncompleteReadError(b"", 4)), "without a word", "security.protocol"),
    (ConnectionResetError(), "without a word", "security.protocol"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "text", "remedy"), EXPLAINED, ids=[e[1] for e in EXPLAINED])
def test_a_refusal_is_named_with_its_remedy(error: BaseException, text: str, remedy: str) -> None:
    reason = explain(error)
    assert text in reason.text
    assert remedy in reason.remedy
    assert reason.refused


UNREACHED: list[tuple[BaseException, str]] = [
    (TimeoutError(), "no answer in time"),
    (TimeoutError("t 0: nothing at 5 before 9"), "t 0: nothing at 5 before 9"),
    (OSError(111, "Connect call failed"), "[Errno 111] Connect call failed"),
    (RequestTimedOutError(), "[Error 7] RequestTimedOutError"),
    (OSError(), "OSError"),
    (closed_by(OSError(110, "gone")), "[Errno 110] gone"),
]


@pytest.mark.parametrize(("error", "text"), UNREACHED, ids=[e[1] for e in UNREACHED])
def test_who_is_not_reached_is_told_as_the_library_has_it(error: BaseException, text: str) -> None:
    reason = explain(error)
    assert (reason.text, reason.refused) == (text, False)
    assert "`brokers`" in reason.remedy


def test_of_several_errors_a_refusal_tells_most_then_the_newest() -> None:
    failed = KafkaConnectionError("Unable to bootstrap")
    refused, away = SaslAuthenticationFailed("no"), OSError(111, "away")
    assert explain(failed, refused, away).text.endswith("(no)")
    assert explain(failed, away).text == "[Errno 111] away"
    assert explain(failed).text == "KafkaConnectionError: Unable to bootstrap"


DENIED: list[tuple[BaseException, str]] = [
    (TopicAuthorizationFailedError("t"), "Write is missing on topic t"),
    (TopicAuthorizationFailedError(TopicPartition("t", 3)), "Write is missing on topic t"),
    (TopicAuthorizationFailedError({"u", "t"}), "Write is missing on topic t, u"),
    (GroupAuthorizationFailedError("g"), "Write is missing on group g"),
    (ClusterAuthorizationFailedError(), "Write is missing on the cluster"),
]


@pytest.mark.parametrize(("error", "text"), DENIED)
def test_a_missing_right_is_named(error: BaseException, text: str) -> None:
    assert told(error, right="Write") == text


def test_what_is_only_logged_is_overheard_and_not_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = logging.getLogger("overheard.child")
    away = OSError("away")
    with caplog.at_level(logging.ERROR, "overheard"):
        with overheard("overheard") as heard:
            log.error("Unable connect to %s: %s", "a", away)
            log.warning("%s", away)
            log.error("no error, and %(no)s tuple", {"no": 1})
        log.error("later")
        log.warning("too unimportant again")
    assert heard == [away, away]
    assert [record.getMessage() for record in caplog.records] == ["later"]


def test_a_lid_lets_a_line_through_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(logs.time, "monotonic", lambda: now)
    lid = Lid()
    assert [lid.lifts("a"), lid.lifts("a"), lid.lifts("b")] == [True, False, True]
    now = logs.REPEAT_SECONDS - 0.1
    assert not lid.lifts("a")
    now = logs.REPEAT_SECONDS
    assert [lid.lifts("a"), lid.lifts("a")] == [True, False]
