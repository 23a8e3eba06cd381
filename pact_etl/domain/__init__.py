"""The pure core: what a truancy case is and how it is decided. Standard library only, no I/O, no clock."""
