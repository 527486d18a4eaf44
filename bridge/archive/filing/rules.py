"""Reads what the configuration says of filing, for whoever writes the archive."""

from bridge.config import Config

from .questions import FilingRules

__all__ = ["filing_rules"]


def filing_rules(config: Config) -> FilingRules:
    """Return it."""
    archive = config.archive
    mail, digest = archive.mail, archive.digest
    secret = {"password": mail.password.get_secret_value()} if mail is not None and mail.password else {}
    return FilingRules(
        tags=archive.tags,
        searches=archive.searches,
        mail=mail.model_dump(mode="json", by_alias=True) | secret if mail is not None else None,
        digest=digest.model_dump(mode="json") if digest is not None else None,
    )
