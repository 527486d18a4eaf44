"""What `hubbub init` does: asks, tries, writes.

questions  what a block of the configuration asks, from its model
dialogue   the questions and answers at a terminal, or answers alone
draft      what was answered so far, and what is wrong with it
steps      networks, then the rooms that are joined
written    the file, with comments, and what lies beside it
"""
