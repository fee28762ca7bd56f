"""What is changed inside of libraries: one file each, with its reason and the version it holds for."""
