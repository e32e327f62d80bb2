"""Who may ask: the checks of host, origin and token that every request passes before anything else sees it."""

import hashlib
import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcsearch.web.answers import Refusal, empty

_SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach a server: the `hosts` that requests may name, the `token` they need, if any, and other `origins`.

    `addresses` says whether requests may also name any address: with an address, DNS rebinding is not possible.
    """

    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    addresses: bool = False
    token: str | None = None
    origins: frozenset[str] = frozenset()


class Guard:
    """ASGI middleware that refuses requests of others, and adds the headers that tell browsers to keep others out."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        sender = _with_headers(send, origin if origin in self._access.origins else None)
        try:
            self._check_host(headers)
            if origin in self._access.origins and scope["method"] == "OPTIONS":
                await empty(204, _preflight(headers))(scope, receive, sender)
                return
            self._check_origin(scope, headers)
            if self._access.token is not None and (cookie := self._check_token(scope, headers, self._access.token)):
                await empty(
                    303, {"Location": _without_token(scope), "Set-Cookie": cookie, "Cache-Control": "no-store"}
                )(scope, receive, sender)
                return
        except Refusal as refusal:
            await refusal.answer()(scope, receive, sender)
            return
        await self._app(scope, receive, sender)

    def _check_host(self, headers: Headers) -> None:
        """Refuse a request for a host that this server is not: a site may point its own name to this machine."""
        named = headers.getlist("host")
        host = _without_port(named[0]) if len(named) == 1 else ""
        if host not in self._access.hosts and not (self._access.addresses and _is_address(host)):
            raise Refusal("host", f"This server is not {host or 'the host of this request'}.")

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        """Refuse a request that a browser sends for another site, and bodies that it would send without asking."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin in self._access.origins:
            return
        follows_link = (
            scope["method"] in ("GET", "HEAD") and scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"
        )
        if site not in (None, "same-origin", "none") and not follows_link:
            raise Refusal("cross_site", "Another site sent this request.")
        if origin is not None and origin.lower() != f"{scope['scheme']}://{headers['host'].lower()}":
            raise Refusal("cross_site", "Another site sent this request.")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["method"] not in _SAFE and kind in _FORMS:
            raise Refusal("media_type", "Forms are not accepted. Send JSON, or a picture.")

    def _check_token(self, scope: Scope, headers: Headers, token: str) -> str | None:
        """Refuse a request without the token; return the cookie to set if it is in the address of the page."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _is(given.strip(), token):
            return None
        if _is(_cookie(headers, cookie_name(token)), token):
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=100)
        if scope["path"] == "/" and scope["method"] == "GET" and _is(query.get("token", [""])[0], token):
            return f"{cookie_name(token)}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"
        raise Refusal("token", "This server needs the token that it printed when it started.")


def cookie_name(token: str) -> str:
    """Return the name of the cookie for a token, which differs from that of a server on another port of the host."""
    return f"mcsearch_{hashlib.blake2b(token.encode(), digest_size=6).hexdigest()}"


def _without_token(scope: Scope) -> str:
    """Return the address that was asked for, without the token, which is not to stay in the address bar."""
    rest = [pair for pair in scope["query_string"].decode("latin-1").split("&") if not pair.startswith("token=")]
    return f"/?{'&'.join(rest)}" if any(rest) else "/"


def _with_headers(send: Send, origin: str | None) -> Callable[[Message], Awaitable[None]]:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if origin is not None:
                headers["Access-Control-Allow-Origin"] = origin
                headers.add_vary_header("Origin")
        await send(message)

    return sender


def _preflight(headers: Headers) -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Allow-Headers": headers.get("access-control-request-headers", "content-type")[:200],
        "Access-Control-Max-Age": "600",
    }


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isascii() and port.isdigit() else host).lower()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _is(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
