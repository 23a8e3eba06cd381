"""The exchange with the print vendor: packages out, acknowledgements in. Moves files and reads them; decides nothing.

Setting the letters belongs to `pact_etl.letters`, what an answer means for a notice to the steps. The words of the
exchange are written down for the vendor in `docs/vendor_protocol.md`.
"""

from pact_etl.delivery.acknowledgements import (
    Acknowledgement,
    InboundFault,
    InboundFile,
    MailedReport,
    ReturnedReport,
    SentBatch,
    read_inbound,
)
from pact_etl.delivery.package import Package, build_package
from pact_etl.delivery.protocol import HandOver, PrintVendor
from pact_etl.delivery.sealing import Seal, SealedPackage
from pact_etl.delivery.vendor_folder import VendorFolder

__all__ = [
    "Acknowledgement",
    "HandOver",
    "InboundFault",
    "InboundFile",
    "MailedReport",
    "Package",
    "PrintVendor",
    "ReturnedReport",
    "Seal",
    "SealedPackage",
    "SentBatch",
    "VendorFolder",
    "build_package",
    "read_inbound",
]
