"""What the system says of a connection that fails, in words for an owner."""

import os
import re

__all__ = ["common", "reason", "unverified"]

_EXPIRED = {9, 10}
_NAME = {62, 63, 64}
"""Codes of OpenSSL (X509_V_ERR_CERT_NOT_YET_VALID, ..._HAS_EXPIRED; ..._HOSTNAME_MISMATCH and its kin)."""

_NUMBER = re.compile(r"\[Errno (\d+)\]")


def reason(error: OSError) -> str:
    """Say why an operation of the network failed, without numbers and addresses."""
    if error.errno is None:
        return error.strerror or str(error)
    return os.strerror(error.errno) if error.errno > 0 else error.strerror or str(error)


def common(error: OSError) -> OSError:
    """Return the error itself; of a name with several addresses, of which asyncio tells all that happened in
    words, the one that happened last.
    """
    numbers = _NUMBER.findall(str(error)) if error.errno is None else []
    return OSError(int(numbers[-1]), os.strerror(int(numbers[-1]))) if numbers else error


def unverified(error: Exception) -> str:
    """Say what is wrong with a certificate, and what to do."""
    code = getattr(error, "verify_code", 0)
    if code in _EXPIRED:
        advice = "its owner has to renew it, unless the clock of this machine is wrong"
    elif code in _NAME:
        advice = "it is made out to another name; check the name of the server"
    else:
        advice = "where that is right, name its authority in ca_file"
    return f"does not verify ({getattr(error, 'verify_message', '') or error}): {advice}"
