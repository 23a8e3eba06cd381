"""Delimited files, from a drop folder or over SFTP, packed or not."""
