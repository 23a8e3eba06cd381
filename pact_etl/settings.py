"""Where this installation keeps things and whom it talks to. The only reader of the environment.

Every setting is documented in docs/settings.md.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


class Settings(BaseSettings):
    """One frozen object, read once at the edge of the process from `PACT_*` variables."""

    model_config = SettingsConfigDict(env_prefix="PACT_", frozen=True, extra="ignore")

    var: AbsolutePath = Field(
        default=ROOT / "var", description="All state of an embedded installation."
    )
    config: AbsolutePath = Field(
        default=ROOT / "config", description="county.yaml, districts/, dialects/."
    )
    expectations: AbsolutePath = Field(
        default=ROOT / "expectations", description="Great Expectations suites."
    )
    database_url: str | None = Field(
        default=None, description="The operational database; embedded when absent."
    )
    warehouse_url: str | None = Field(
        default=None, description="The warehouse database; embedded when absent."
    )
    drop_url: str | None = Field(
        default=None, description="Where districts' nightly files arrive; var/drop."
    )
    credentials_folder: AbsolutePath | None = Field(
        default=None, description="One YAML file of secrets per district; var/secrets/districts."
    )
    vendor_url: str | None = Field(
        default=None, description="The print vendor's folder; var/vendor."
    )
    vendor_host_key: str = Field(
        default="", description="Public key of the vendor's SFTP server, or a file of such lines."
    )
    vendor_private_key: str | None = Field(
        default=None, description="Our key for that server: a path, or the key.", repr=False
    )
    vendor_password: str | None = Field(
        default=None, description="Our password for that server.", repr=False
    )
    vendor_s3_endpoint: str | None = Field(
        default=None, description="URL of the object store, where it is not Amazon's."
    )
    vendor_s3_region: str | None = Field(default=None, description="Region of the bucket.")
    vendor_s3_key_id: str | None = Field(
        default=None, description="Access key; without one the AWS environment's.", repr=False
    )
    vendor_s3_secret: str | None = Field(
        default=None, description="Secret of that access key.", repr=False
    )
    vendor_timeout_seconds: PositiveInt = Field(
        default=60, description="For the login at the vendor's folder and for each answer."
    )
    vendor_transfer_seconds: PositiveInt = Field(
        default=1800, description="For one whole hand-over or reading of the vendor's folder."
    )
    vendor_keys_folder: AbsolutePath | None = Field(
        default=None,
        description="county.key.asc and vendor.cert.asc; var/secrets/vendor.",
    )
    county_key_password: str | None = Field(
        default=None, description="Password of county.key.asc, where it has one.", repr=False
    )
    sendgrid_url: str = Field(
        default="https://api.sendgrid.com", description="Host of the mail service."
    )
    sendgrid_key: str | None = Field(
        default=None, description="API key; without one no email is sent.", repr=False
    )
    airflow_port: int = Field(
        default=8080, description="Port of Airflow's UI on the loopback interface."
    )

    @cached_property
    def credentials(self) -> Path:
        """Where districts' credentials are kept, one file each."""
        return self.credentials_folder or self.var / "secrets" / "districts"

    @cached_property
    def drop(self) -> str:
        """Where districts' nightly files arrive, as a URL or path that fsspec understands."""
        return self.drop_url or str(self.var / "drop")

    @cached_property
    def archive(self) -> Path:
        """Where raw submissions are kept under their content hash."""
        return self.var / "archive"

    @cached_property
    def returns(self) -> Path:
        """Where each district finds its reject files and receipts."""
        return self.var / "returns"

    @property
    def proofs(self) -> Path:
        """Where proofs lie while somebody has to look at them; they hold families' letters."""
        return self.var / "proofs"

    def proof(self, batch_id: int) -> Path:
        """Where a batch's proof lies."""
        return self.proofs / f"batch-{batch_id}.pdf"

    @cached_property
    def served(self) -> Path:
        """Where pieces lie that are served on persons; never the print vendor's folder."""
        return self.var / "served"

    @cached_property
    def vendor(self) -> str:
        """The print vendor's folder, as a URL or path that fsspec understands."""
        return self.vendor_url or str(self.var / "vendor")

    @cached_property
    def vendor_keys(self) -> Path:
        """Where the keys lie that seal what the print vendor gets."""
        return self.vendor_keys_folder or self.var / "secrets" / "vendor"
