"""What we change inside libraries: one file for each library, with the reasons and the version it is
for."""
