"""The client-server API over nio's session: the account, requests, and errors as ours."""
