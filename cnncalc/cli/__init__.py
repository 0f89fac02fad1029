"""The command line: one file for each command in `commands`. Each reads, calls, renders, and gives the exit code."""
