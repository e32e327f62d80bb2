"""mcsearch formats"""

from mcsearch.cli.options import JsonOption


def formats(as_json: JsonOption = False) -> None:
    """List the formats, whether they can be read here, and what to install if they cannot."""
    from mcsearch.ops.indexing.formats import list_formats
    from mcsearch.output import lines

    listed = list_formats()
    width = max(len(format_.name) for format_ in listed)
    for format_ in listed:
        if as_json:
            lines.write_json(format_)
            continue
        lines.write(f"{format_.name:{width}}  {'yes' if format_.works else 'no '}  {' '.join(format_.suffixes)}")
        if format_.install:
            lines.write(f"{'':{width}}       to read them: {format_.install}")
