"""What Hubbub hands out over HTTP: one application on one port, to which each part adds its paths.

app    the application: who may ask for what
port   the port: how many connections, and how long each may take
events what a client is told as it happens
download  files that are made while they are sent
media  files, by the links to them
health, metrics  how the service stands, for whoever watches it
owner  what stands at `web:`
"""

from .app import Site
from .media import add_files, files_site

__all__ = ["Site", "add_files", "files_site"]
