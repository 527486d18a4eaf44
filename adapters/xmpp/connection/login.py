"""Errors of the login and of the stream, in sentences for the owner."""

import ssl
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from xml.etree.ElementTree import Element

from adapters.xmpp.config import NetworkConfig
from bridge import AdapterError, AuthenticationFailed, ConnectionLost, Replaced, common, reason, unverified

__all__ = [
    "FEATURES",
    "PROCEED",
    "STREAM",
    "condition",
    "lost",
    "no_way",
    "refusal",
    "silence",
    "stream_error",
    "tls_failure",
    "unbound",
    "unreachable",
]

STREAM = "{http://etherx.jabber.org/streams}"
PROCEED = "{urn:ietf:params:xml:ns:xmpp-tls}proceed"
FEATURES = f"{STREAM}features"
_STEPS = ("{urn:ietf:params:xml:ns:xmpp-sasl}mechanisms", "{urn:ietf:params:xml:ns:xmpp-bind}bind")
"""The features that a server offers before the login, and after it."""
_SASL_FAILURE = "{urn:ietf:params:xml:ns:xmpp-sasl}failure"
_STARTTLS = "{urn:ietf:params:xml:ns:xmpp-tls}starttls"
_TLS_REQUIRED = f"{_STARTTLS}/{{urn:ietf:params:xml:ns:xmpp-tls}}required"
_TLS_FAILURE = "{urn:ietf:params:xml:ns:xmpp-tls}failure"
_NOT_OUR_FAULT = frozenset({"temporary-auth-failure", "aborted"})
_NEXT_MECHANISM = frozenset(
    {"invalid-mechanism", "mechanism-too-weak", "malformed-request", "incorrect-encoding"}
)


_Asked = Callable[[AbstractSet[str]], dict[str, object]]


def unbound(usual: _Asked) -> _Asked:
    """Answer slixmpp's questions about the connection so that SCRAM says that we bind nothing ("n").

    Without TLS there is nothing to bind to (RFC 5802 section 6). slixmpp would say that we would, had the
    server offered it ("y"), which ejabberd 24.12 takes for a downgrade by somebody in between.
    """

    def asked(names: AbstractSet[str]) -> dict[str, object]:
        return {**usual(names), "binding_proposed": True}

    return asked


def refusal(xml: Element, config: NetworkConfig, *, secured: bool, offered: bool) -> AdapterError | None:
    """Return the error for what the server says during the login; None: it is no error.

    `offered`: it has said what this stream offers.
    """
    where = config.where
    if xml.tag == f"{STREAM}error":
        return stream_error(xml, config, offered=offered)
    if xml.tag == FEATURES:
        return _lacking(xml, config, secured=secured)
    if xml.tag == _TLS_FAILURE:
        return ConnectionLost(f"{where} refuses TLS: its owner has to mend it")
    if xml.tag == _SASL_FAILURE:
        return _no_login(xml, config)
    return None


def _lacking(xml: Element, config: NetworkConfig, *, secured: bool) -> AdapterError | None:
    """Return the error for a needed feature that is not offered; None: all are (RFC 6120 section 4.3.2)."""
    where = config.where
    if config.tls == "none" and xml.find(_TLS_REQUIRED) is not None:
        return ConnectionLost(f"{where} lets nobody in without TLS: remove tls: none, or use another port")
    if config.tls == "starttls" and not secured:
        if xml.find(_STARTTLS) is not None:
            return None
        return ConnectionLost(
            f"{where} offers no TLS: use another server or port, tls: direct for a port that begins with TLS,"
            " or tls: none for a server on this machine"
        )
    return None if any(xml.find(step) is not None for step in _STEPS) else nothing_offered(config)


def _no_login(xml: Element, config: NetworkConfig) -> AdapterError | None:
    """Return the error for a refused login (RFC 6120 section 6.5); None: another mechanism may do."""
    named = next((child.tag.rpartition("}")[2] for child in xml if not child.tag.endswith("}text")), "")
    if named in _NEXT_MECHANISM:
        return None
    if named in _NOT_OUR_FAULT:
        return ConnectionLost(f"{config.where} cannot check the login now ({named})")
    if named in ("not-authorized", ""):
        return AuthenticationFailed(f"{config.where} refuses {config.jid}: check jid and password")
    return AuthenticationFailed(f"{config.where} refuses {config.jid}: {named}")


def nothing_offered(config: NetworkConfig, text: str = "") -> ConnectionLost:
    """Return the error for a server that lets nobody log in."""
    said = f" ({text})" if text else ""
    return ConnectionLost(
        f"{config.where} answers, but offers no way to log in{said}: its owner has to mend it"
    )


def condition(xml: Element) -> tuple[str, str, str]:
    """Return why the server ends the stream, its words, and another host that it names."""
    named, text, other = "undefined-condition", "", ""
    for child in xml:
        name = child.tag.rpartition("}")[2]
        if name == "text":
            text = " ".join((child.text or "").split())[:200]
        elif "xmpp-streams" in child.tag:
            named, other = name, (child.text or "").strip()[:200]
    return named, text, other


def stream_error(xml: Element, config: NetworkConfig, *, offered: bool) -> AdapterError:
    """Return the error for the server's end of the stream (RFC 6120 section 4.9.3)."""
    where = config.where
    named, text, other = condition(xml)
    if named == "conflict":
        return Replaced(
            f"another client logged in as {config.jid}/{config.resource}: give one of them another resource"
        )
    if named == "see-other-host" and other:
        return ConnectionLost(
            f"{where} says that {config.jid} is served by {other}: set server and port to it"
        )
    if named in ("host-unknown", "host-gone"):
        return ConnectionLost(f"{where} does not serve {config.domain}: check jid and server")
    if named == "system-shutdown":
        return ConnectionLost(f"{where} is shutting down")
    if named == "undefined-condition" and not offered:  # Prosody: "No stream features to proceed with"
        return nothing_offered(config, text)
    said = f": {text}" if text else ""
    return ConnectionLost(f"{where} ended the connection ({named}){said}")


def no_way(config: NetworkConfig) -> AuthenticationFailed:
    """Return the error for a server without a mechanism that we would use (RFC 6120 section 6.3.3)."""
    return AuthenticationFailed(f"{config.where} offers no way to log in that is safe with this tls")


def tls_failure(error: ssl.SSLError, config: NetworkConfig) -> ConnectionLost:
    """Return the error for TLS that failed (RFC 6120 section 13.7.2)."""
    where = config.where
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionLost(f"the certificate of {where} for {config.domain} {unverified(error)}")
    return ConnectionLost(f"{where} does not speak TLS there: check port and tls")


def unreachable(trouble: object, config: NetworkConfig) -> ConnectionLost:
    """Return the error for a server none of whose addresses could be connected to."""
    where = config.where
    trouble = common(trouble) if isinstance(trouble, OSError) else trouble
    if isinstance(trouble, ssl.SSLError):
        return tls_failure(trouble, config)
    if isinstance(trouble, ConnectionRefusedError):
        return ConnectionLost(f"nothing listens at {where}: check server and port, or the domain of jid")
    if isinstance(trouble, ConnectionResetError) and config.tls == "direct":
        return ConnectionLost(f"{where} does not speak TLS there: check port and tls")
    if isinstance(trouble, OSError):
        return ConnectionLost(f"cannot connect to {where}: {reason(trouble)}")
    return ConnectionLost(f"{where} is not known to the DNS: check jid and server")


def lost(config: NetworkConfig, *, was_in: bool) -> ConnectionLost:
    """Return the error for a connection that ended without a word."""
    if was_in:
        return ConnectionLost(f"the connection to {config.where} is lost")
    return ConnectionLost(
        f"{config.where} closed the connection before hubbub was in: check server, port and tls"
    )


def silence(config: NetworkConfig, *, connected: bool, greeted: bool, offered: bool) -> ConnectionLost:
    """Return the error for a login that took too long; it says how far we came."""
    where = config.where
    if not connected:
        return ConnectionLost(f"{where} does not answer: check server and port")
    if greeted and not offered:
        return nothing_offered(config)
    if greeted:
        return ConnectionLost(f"{where} does not let hubbub in: it stopped answering during the login")
    return ConnectionLost(f"{where} accepts the connection and says nothing: check port and tls")
