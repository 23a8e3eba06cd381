"""County and district settings: YAML in, values out. Knows nothing of what districts send."""

from pact_etl.districts.county import load_county
from pact_etl.districts.loader import load_district, load_districts

__all__ = ["load_county", "load_district", "load_districts"]
