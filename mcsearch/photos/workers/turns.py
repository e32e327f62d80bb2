"""Turns of threads: many share, but one that needs all the memory there is waits for the others and goes alone."""

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """Lets threads run at the same time, or one of them alone. Who wants to go alone comes before those that share."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sharing = 0
        self._wanting_to_be_alone = 0
        self._is_alone = False

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Run with others that share."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone and not self._wanting_to_be_alone)
            self._sharing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sharing -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Run while no other thread does."""
        with self._changed:
            self._wanting_to_be_alone += 1
            self._changed.wait_for(lambda: not self._is_alone and not self._sharing)
            self._wanting_to_be_alone -= 1
            self._is_alone = True
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._changed.notify_all()
