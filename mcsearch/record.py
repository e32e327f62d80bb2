"""What all records have in common. `dataclass` would make it for each of them, which takes most of the time of import."""


class Record:
    """A record is shown, compared and hashed by its fields. Its class is a dataclass that is frozen and has slots."""

    __slots__ = ()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__qualname__}({fields})"

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))


def _values(record: object) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in type(record).__slots__)  # type: ignore[attr-defined]
