"""Who stands behind which name: the one place where settings become real clients. Tests hand in their own."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from pact_etl.districts import load_county, load_districts
from pact_etl.domain.county import County
from pact_etl.domain.disclosure import LETTER_RECIPIENTS, may_release_letters
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError, UsageError
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.policy import Policy
from pact_etl.domain.school_year import SchoolYear, school_year_of
from pact_etl.domain.vetting import LetterLanguages, languages_mailed
from pact_etl.installation.postgres import ensure_running
from pact_etl.installation.secrets import read_credentials, read_or_create
from pact_etl.law import Statutes, load_statutes
from pact_etl.settings import Settings
from pact_etl.store.schema import migrate
from pact_etl.store.session import open_engine

if TYPE_CHECKING:
    from datetime import date

    from pact_etl.connectors.protocol import Sources
    from pact_etl.delivery import Seal, VendorFolder
    from pact_etl.emails.protocol import EmailSender
    from pact_etl.warehouse.keys import Pseudonyms

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborators:
    """Everything a step needs beside its arguments."""

    settings: Settings
    engine: Engine
    county: County
    districts: dict[str, District]
    statutes: Statutes

    def close(self) -> None:
        """Let go of the database's connections."""
        self.engine.dispose()

    @property
    def sources(self) -> "Sources":
        """How to get at districts."""
        from pact_etl.connectors.protocol import Sources

        folder = self.settings.credentials
        return Sources(
            drop=self.settings.drop, credentials=lambda slug: read_credentials(folder, slug)
        )

    def policy_on(self, day: "date") -> Policy:
        """Law and county policy in force on a day."""
        return Policy(
            law=self.statutes.on(day),
            threshold=self.county.threshold_on(day),
            counting=self.county.counting_on(day),
        )

    def lawful_on(
        self, day: "date", recipients: Sequence[str] = LETTER_RECIPIENTS
    ) -> frozenset[str]:
        """Slugs of the districts of whose students a letter may leave on a day; see `domain.disclosure`."""
        bases = self.county.disclosures
        return frozenset(
            slug for slug in self.districts if may_release_letters(bases, slug, day, recipients)
        )

    def languages_of(self, kind: LetterKind = LetterKind.PACT_INVITATION) -> LetterLanguages:
        """The languages in which a kind of letter may leave; see `domain.vetting`.

        Raises:
            SettingsError: the county's own words lack something that the letter has to say.
        """
        from pact_etl.letters.languages import fingerprints, written_languages

        mailing, own = self.county.mailing, self.county.sender.own_words
        if own:
            from pact_etl.letters.lint import require_whole

            require_whole(kind, own)
        return languages_mailed(
            mailing.languages,
            mailing.reviews,
            kind,
            fingerprints(kind, own),
            unvetted=mailing.unvetted,
            noticed=written_languages(),
        )

    def district(self, slug: str) -> District:
        """One configured district.

        Raises:
            UsageError: there is none of that name.
        """
        if slug not in self.districts:
            raise UsageError(f"no district {slug!r}; known are {', '.join(self.districts)}")
        return self.districts[slug]

    def year_of(self, day: "date") -> SchoolYear:
        """The school year a day belongs to."""
        return school_year_of(day)


def database_url(settings: Settings, name: str) -> str:
    """The URL of one of our databases: the configured server, or the embedded one, started when it is not running."""
    configured = {"pact": settings.database_url, "warehouse": settings.warehouse_url}.get(name)
    return configured or ensure_running(settings.var).url(name)


def build(settings: Settings) -> Collaborators:
    """Connect to what the settings name; brings the operational database's schema up to date."""
    url = database_url(settings, "pact")
    migrate(url)
    return Collaborators(
        settings=settings,
        engine=open_engine(url),
        county=load_county(settings.config),
        districts=load_districts(settings.config),
        statutes=load_statutes(),
    )


def this_moment() -> datetime:
    """Now, where a step is about the real world's clock and not about a school date."""
    return datetime.now(UTC)


def vendor_folder(settings: Settings, *, is_test: bool = False) -> "VendorFolder":
    """The print vendor's folder, with what opens it.

    Args:
        settings: this installation's.
        is_test: the exchange of test packages.

    Raises:
        SettingsError: nothing installed opens it, or what opens it is missing or unusable.
    """
    from pact_etl.delivery import VendorFolder
    from pact_etl.delivery.places import VendorAccess

    access = VendorAccess(
        host_key=_key_lines(settings.vendor_host_key),
        private_key=settings.vendor_private_key,
        password=settings.vendor_password,
        s3_endpoint=settings.vendor_s3_endpoint,
        s3_region=settings.vendor_s3_region,
        s3_key_id=settings.vendor_s3_key_id,
        s3_secret=settings.vendor_s3_secret,
        timeout_seconds=settings.vendor_timeout_seconds,
        transfer_seconds=settings.vendor_transfer_seconds,
    )
    return VendorFolder(settings.vendor, access=access, is_test=is_test)


def _key_lines(setting: str) -> str:
    """Public keys as they are set: themselves, or the file they stand in, one a line."""
    if not setting or " " in setting.strip():
        return setting
    try:
        return Path(setting).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise SettingsError("PACT_VENDOR_HOST_KEY is neither a public key nor a file") from None


def package_seal(settings: Settings, keys: Path | None = None) -> "Seal":
    """The keys that close a package for the print vendor.

    Args:
        settings: where the county's own keys are.
        keys: a folder of others, without password, instead.

    Raises:
        SettingsError: they cannot be used, or no longer.
    """
    from pact_etl.delivery import Seal

    # A key ends at an instant of the real world, whatever night a batch is about.
    now = this_moment()
    if keys is not None:
        return Seal(keys, now=now)
    try:
        return Seal(settings.vendor_keys, password=settings.county_key_password, now=now)
    except SettingsError as error:
        extra = {"fault": str(error), "runbook": "vendor-key-unusable"}
        logger.error("no package can be sealed", extra=extra)
        raise


def email_sender(using: Collaborators) -> "EmailSender | None":
    """The mail service, or None where no key is configured: then nothing is sent."""
    if using.settings.sendgrid_key is None:
        return None
    from pact_etl.emails.sendgrid_client import SendGridSender

    return SendGridSender(
        host=using.settings.sendgrid_url,
        key=using.settings.sendgrid_key,
        settings=using.county.emails,
    )


@contextmanager
def open_warehouse(using: Collaborators) -> Iterator[Engine]:
    """The warehouse, its schema brought up to date."""
    from pact_etl.warehouse import schema

    url = database_url(using.settings, "warehouse")
    schema.migrate(url)
    engine = schema.open_warehouse(url)
    try:
        yield engine
    finally:
        engine.dispose()


def pseudonyms(using: Collaborators) -> "Pseudonyms":
    """The keyed hash under which students enter the warehouse; its secret is made on first use."""
    from pact_etl.warehouse.keys import Pseudonyms

    secret = read_or_create(using.settings.var, "pseudonyms")
    return Pseudonyms(secret=secret.encode())


@lru_cache(maxsize=1)
def collaborators() -> Collaborators:
    """The process's own collaborators, from the environment."""
    return build(Settings())
