"""Write a contact sheet as one HTML page that needs no other file."""

import base64
import hashlib
import html
import io
import os
import pathlib

from PIL import Image

from mcsearch.output.own_files import MARK
from mcsearch.output.sheets.sheet import Section, Sheet, SheetPhoto, shortened
from mcsearch.paths import shown

_NAME_LENGTH = 30
_STYLE = """
:root { color-scheme: light dark; --ground: #f6f6f4; --ink: #262624; --faint: #6f6f6a; --empty: #e4e4e0; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #191918; --ink: #ececea; --faint: #9a9a95; --empty: #2b2b29; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3.5rem) 4rem; max-width: 110rem; background: var(--ground);
  color: var(--ink); font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 3rem 0 0; font-size: 1.1rem; font-weight: 600; }
header p { margin: .35rem 0 0; color: var(--faint); }
ul { list-style: none; margin: 2rem 0 0; padding: 0; display: grid; gap: 2.25rem 1.75rem;
  grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); }
h2 + ul { margin-top: 1rem; }
li { display: flex; flex-direction: column; justify-content: flex-end; min-width: 0; text-align: center; }
a { color: inherit; text-decoration: none; border-radius: 4px; }
a:hover .name, a:focus-visible .name { text-decoration: underline; }
a:focus-visible { outline: 2px solid currentColor; outline-offset: 6px; }
img { display: block; max-width: 100%; width: auto; height: auto; max-height: 15rem; margin: 0 auto .7rem;
  border-radius: 3px; }
.none { display: grid; place-items: center; aspect-ratio: 3 / 2; margin-bottom: .7rem; padding: 1rem;
  background: var(--empty); color: var(--faint); border-radius: 3px; font-size: .85rem; overflow-wrap: anywhere; }
.name, .line { display: block; overflow-wrap: anywhere; }
.name { font-size: .9rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.line { font-size: .82rem; color: var(--faint); font-variant-numeric: tabular-nums; }
.faint .name { color: var(--faint); }
.faint img { opacity: .65; }
@media print { li { break-inside: avoid; } }
"""


def page(sheet: Sheet) -> str:
    """Return a sheet as HTML; its photos link to the originals. It runs no script and loads nothing."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = html.escape(shown(sheet.title)) or "Photos"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="contact sheet, {MARK}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<header><h1>{title}</h1><p>{html.escape(shown(sheet.subtitle))}</p></header>
<main>
{"".join(map(_section, sheet.sections))}</main>
</body>
</html>
"""


def _section(section: Section) -> str:
    heading = f"<h2>{html.escape(shown(section.heading))}</h2>\n" if section.heading else ""
    return f"{heading}<ul>\n{''.join(map(_item, section.photos))}</ul>\n"


def _item(photo: SheetPhoto) -> str:
    path, name = shown(photo.path), shown(os.path.basename(photo.path))
    return (
        f'<li{" class=faint" if photo.faint else ""}><a href="{html.escape(pathlib.Path(photo.path).as_uri())}" '
        f'title="{html.escape(path)}">{_picture(photo)}<span class="name">{html.escape(shortened(name, _NAME_LENGTH))}'
        f'</span><span class="line">{html.escape(shown(photo.line))}</span></a></li>\n'
    )


def _picture(photo: SheetPhoto) -> str:
    if isinstance(photo.thumbnail, str):
        return f'<span class="none">Not shown: {html.escape(shown(photo.thumbnail))}</span>'
    with Image.open(io.BytesIO(photo.thumbnail)) as opened:
        width, height, kind = *opened.size, (opened.format or "").lower()
    encoded = base64.b64encode(photo.thumbnail).decode()
    return f'<img src="data:image/{kind};base64,{encoded}" width="{width}" height="{height}" alt="">'
