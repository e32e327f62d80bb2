"""Listening: who may ask, what a request may cost, and the socket for prompts."""
