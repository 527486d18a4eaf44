"""Verifies a bundle of evidence that Hubbub made: `python3 -I verify.py [BUNDLE.zip or FOLDER] [--json]`

It needs Python 3.9 or later and nothing else, reads the bundle alone, and writes nothing. What it checks:

- the list of all files, its signature, and each file;
- each checkpoint: its signature, its place behind the one before it, its stamp;
- each entry: that it leads, in its place, from the link before it to its own, and those at the checkpoints
  to what was signed;
- the transcript: that it says what the entries say.

What that proves, and what not, stands in README.txt.

Exit codes: 0 all is as the gateway recorded it, 1 something was changed, 2 it cannot be read as a bundle.
"""
