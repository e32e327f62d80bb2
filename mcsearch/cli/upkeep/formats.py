"""mcsearch formats"""

from mcsearch.cli.options import JsonOption


def formats(as_json: JsonOption = False) -> None:
    """List the formats, whether they can be read here, and what to install if not."""
    from mcsearch.ops.formats import list_formats
    from mcsearch.output import lines

    listed = list_formats()
    width = max(len(row.name) for row in listed)
    for row in listed:
        if as_json:
            lines.write_json(row)
            continue
        lines.write(f"{row.name:{width}}  {'yes' if row.works else 'no '}  {' '.join(row.suffixes)}")
        if row.install:
            lines.write(f"{'':{width}}       to read them: {row.install}")
