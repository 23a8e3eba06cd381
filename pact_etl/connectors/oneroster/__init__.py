"""OneRoster 1.1 and 1.2 rosters, with attendance and calendar in files of their own beside them."""
