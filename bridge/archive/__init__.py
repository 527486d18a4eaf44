"""The archive: what was said in the conversations whose owner wants that, to be found and to be shown."""
