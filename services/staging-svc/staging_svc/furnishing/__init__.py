"""The staging process: takes jobs and carries them out."""
