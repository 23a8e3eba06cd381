"""How files travel, for whoever exchanges them: the one SFTP client, and the words for what can go wrong on the way.

What a file means belongs to the adapters; this knows paths and bytes only.
"""

from pact_etl.transport.trouble import TransportFault, Trouble

__all__ = ["TransportFault", "Trouble"]
