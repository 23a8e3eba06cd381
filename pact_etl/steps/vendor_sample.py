"""Vendor sample: a test package the print vendor can try everything on and can never mail.

Every page says so, the name and the manifest say so, and it lies in a folder of its own. Letters are of nobody.
"""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from pact_etl.delivery import VendorFolder, build_package, vendor_check
from pact_etl.delivery.package import TEST_WATERMARK
from pact_etl.districts import load_county
from pact_etl.letters import render_batch
from pact_etl.settings import ROOT, Settings
from pact_etl.simulator.sample_letters import sample_letters
from pact_etl.simulator.vendor_keys import make_throwaway_keys
from pact_etl.wiring import package_seal, vendor_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was made. `folder` is where the package lies, as the vendor's `out/` and `in/`."""

    folder: str
    package: str
    pieces: int
    pages: int
    was_there: bool

    def as_dict(self) -> dict[str, object]:
        """For the command line."""
        return asdict(self)


def hand_over_test(settings: Settings, as_of: date, number: int = 1) -> Sample:
    """Put a test package into the folder `test/` beside the real exchange, sealed with the real keys.

    Args:
        settings: this installation's.
        as_of: the date on the letters.
        number: of the test; a later one is another package.

    Raises:
        SettingsError: the keys cannot be used.
    """
    return _hand_over(settings, vendor_folder(settings, is_test=True), None, as_of, number)


def write_kit(settings: Settings, out: Path, as_of: date) -> Sample:
    """Write all that a vendor needs before the first real batch: protocol, check, throw-away keys, a test package.

    Args:
        settings: for the county on the letterhead.
        out: folder to write; keys that lie there already are kept.
        as_of: the date on the letters.
    """
    out.mkdir(parents=True, exist_ok=True)
    keys = make_throwaway_keys(out / "keys")
    check = Path(vendor_check.__file__)
    (out / check.name).write_bytes(check.read_bytes())
    protocol = ROOT / "docs" / "vendor_protocol.md"
    if protocol.exists():  # an installation without the repository has the page elsewhere
        (out / protocol.name).write_bytes(protocol.read_bytes())
    return _hand_over(settings, VendorFolder(str(out), is_test=True), keys, as_of, 1)


def _hand_over(
    settings: Settings, folder: VendorFolder, keys: Path | None, as_of: date, number: int
) -> Sample:
    county = load_county(settings.config)
    rendered = render_batch(sample_letters(as_of, TEST_WATERMARK), county.sender)
    package = build_package(
        rendered, county=county.slug, as_of=as_of, sequence=number, is_test=True
    )
    is_there = folder.is_announced(package.name)
    if not is_there:
        folder.hand_over(package_seal(settings, keys).close(package))
    return Sample(
        folder=folder.url,
        package=package.name,
        pieces=package.pieces,
        pages=package.pages,
        was_there=is_there,
    )
