"""Vendor sample: a test package the print vendor can try everything on and can never mail.

Every page says so, the name and the manifest say so, and it lies in a folder of its own. Letters are of nobody.
"""

from collections.abc import Sequence
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

KIT_NUMBERS = (1, 2)
"""One night can bring several packages, so the kit does too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was made. `folder` is where the packages lie, as the vendor's `out/` and `in/`."""

    folder: str
    packages: tuple[str, ...]
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
    folder = vendor_folder(settings, is_test=True)
    return _hand_over(settings, folder, None, as_of, (number,))


def write_kit(settings: Settings, out: Path, as_of: date) -> Sample:
    """Write all that a vendor needs before the first real batch: protocol, check, throw-away keys, two test packages.

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
    folder = VendorFolder(str(out), is_test=True)
    return _hand_over(settings, folder, keys, as_of, KIT_NUMBERS)


def _hand_over(
    settings: Settings,
    folder: VendorFolder,
    keys: Path | None,
    as_of: date,
    numbers: Sequence[int],
) -> Sample:
    county = load_county(settings.config)
    packages = []
    for number in numbers:
        letters = sample_letters(as_of, TEST_WATERMARK, number)
        rendered = render_batch(letters, county.sender)
        packages.append(
            build_package(rendered, county=county.slug, as_of=as_of, sequence=number, is_test=True)
        )
    missing = [one for one in packages if not folder.is_announced(one.name)]
    for package in missing:
        folder.hand_over(package_seal(settings, keys).close(package))
    return Sample(
        folder=folder.url,
        packages=tuple(one.name for one in packages),
        pieces=sum(one.pieces for one in packages),
        pages=sum(one.pages for one in packages),
        was_there=not missing,
    )
