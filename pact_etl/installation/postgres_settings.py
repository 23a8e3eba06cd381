"""The embedded server's settings, for a machine with two cores that also runs Airflow and Python.

Written anew at every start; whoever wants other values uses a server of their own by URL.
"""

import shutil
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (a mount point, not a temporary file)
_ENOUGH_SHARED_MEMORY = 1 << 30


def server_settings(socket_directory: Path) -> str:
    """The text of `postgresql.conf`.

    Args:
        socket_directory: the only way in; there is no network port.
    """
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_directory),
        "unix_socket_permissions": "0700",
        # Airflow's processes keep pools of their own beside ours.
        "max_connections": "200",
        "shared_buffers": "512MB",
        "effective_cache_size": "2GB",
        "work_mem": "32MB",
        "maintenance_work_mem": "256MB",
        "dynamic_shared_memory_type": _dynamic_shared_memory(),
        "max_parallel_workers_per_gather": "1",
        # A commit is on disk before anybody is told so: letters depend on it.
        "fsync": "on",
        "synchronous_commit": "on",
        # No replicas hang on this server, so bulk loads into new tables need not be logged.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        # Our statements are few and large; compiling them costs more than it saves.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        # Errors go to the client that made them. The log gets neither their statements nor the
        # row values that their texts may carry.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": "-1",
    }
    lines = [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
    return "\n".join(["# Written by PACT at every start.", *lines, ""])


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _dynamic_shared_memory() -> str:
    """Containers often get 64 MB of shared memory, too little for a parallel hash join."""
    if _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).total < _ENOUGH_SHARED_MEMORY:
        return "mmap"
    return "posix"
