"""What is done with the files that people send: fetched, checked, kept for a while.

files      what the relay asks: get, link, publish, forget
uploads    puts them where the networks keep theirs
line       who waits for a fetch or an upload, and whose turn it is
intake     the way of one file into the folder
fetch      asks for a file over HTTP, as far as it may
guard      which addresses may be reached
body       writes what arrives, and measures it on the way
naming     what a file may be called
cache      the folder, and what is remembered there
limits     how much of it stays, and how long
pictures   sizes and thumbnails, made by draw in a process of its own
links      addresses of our own, signed
"""

from .files import Files, Missing, Pending
from .line import HostFiles
from .links import Linked
from .uploads import Uploads

__all__ = ["Files", "HostFiles", "Linked", "Missing", "Pending", "Uploads"]
