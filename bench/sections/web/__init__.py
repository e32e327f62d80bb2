"""The server and its page, measured from outside."""
