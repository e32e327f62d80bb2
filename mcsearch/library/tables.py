"""The operations on the tables of a library, grouped by subject."""

import functools
import sqlite3
from typing import TYPE_CHECKING

from mcsearch.library.models import Models
from mcsearch.library.photo_facts.facts import PhotoFacts
from mcsearch.library.photos import Photos

if TYPE_CHECKING:
    from mcsearch.library.asked.albums import Albums
    from mcsearch.library.asked.prompts import Prompts
    from mcsearch.library.browsing import Browsing
    from mcsearch.library.duplicates import Duplicates
    from mcsearch.library.embeddings import Embeddings
    from mcsearch.library.filtering.known_values import KnownValues
    from mcsearch.library.places.links import Links
    from mcsearch.library.places.moves import Moves
    from mcsearch.library.placing.place_names import PlaceNames
    from mcsearch.library.roots import Roots
    from mcsearch.library.tags import Tags
    from mcsearch.library.taught.taught_labels import TaughtLabels
    from mcsearch.library.texts.captions import Captions
    from mcsearch.library.texts.read_texts import ReadTexts
    from mcsearch.library.texts.texts import Texts
    from mcsearch.library.upkeep.checks import Checks


class Tables:
    """The tables of a library as attributes, by subject.

    What few commands need is imported late, so that the others start sooner.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.photos = Photos(connection)
        self.models = Models(connection)
        self.facts = PhotoFacts(connection)

    @functools.cached_property
    def albums(self) -> "Albums":
        """The saved queries."""
        from mcsearch.library.asked.albums import Albums

        return Albums(self._connection)

    @functools.cached_property
    def browsing(self) -> "Browsing":
        """Long lists of photos in parts."""
        from mcsearch.library.browsing import Browsing

        return Browsing(self._connection)

    @functools.cached_property
    def captions(self) -> "Captions":
        """The sentences that models wrote about photos."""
        from mcsearch.library.texts.captions import Captions

        return Captions(self._connection)

    @functools.cached_property
    def duplicates(self) -> "Duplicates":
        """Copies and variants of photos."""
        from mcsearch.library.duplicates import Duplicates

        return Duplicates(self._connection)

    @functools.cached_property
    def embeddings(self) -> "Embeddings":
        """The vectors of photos, by model."""
        from mcsearch.library.embeddings import Embeddings

        return Embeddings(self._connection)

    @functools.cached_property
    def prompts(self) -> "Prompts":
        """The vectors of prompts, by model."""
        from mcsearch.library.asked.prompts import Prompts

        return Prompts(self._connection)

    @functools.cached_property
    def known(self) -> "KnownValues":
        """The values that filters may have."""
        from mcsearch.library.filtering.known_values import KnownValues

        return KnownValues(self._connection)

    @functools.cached_property
    def moves(self) -> "Moves":
        """Folders that were moved."""
        from mcsearch.library.places.moves import Moves

        return Moves(self._connection)

    @functools.cached_property
    def read_texts(self) -> "ReadTexts":
        """The text in photos."""
        from mcsearch.library.texts.read_texts import ReadTexts

        return ReadTexts(self._connection)

    @functools.cached_property
    def taught(self) -> "TaughtLabels":
        """Labels that learn."""
        from mcsearch.library.taught.taught_labels import TaughtLabels

        return TaughtLabels(self._connection)

    @functools.cached_property
    def checks(self) -> "Checks":
        """What may be wrong with the file."""
        from mcsearch.library.upkeep.checks import Checks

        return Checks(self._connection)

    @functools.cached_property
    def roots(self) -> "Roots":
        """The indexed folders."""
        from mcsearch.library.roots import Roots

        return Roots(self._connection)

    @functools.cached_property
    def links(self) -> "Links":
        """Links to other folders within roots."""
        from mcsearch.library.places.links import Links

        return Links(self._connection)

    @functools.cached_property
    def tags(self) -> "Tags":
        """The tags of photos."""
        from mcsearch.library.tags import Tags

        return Tags(self._connection)

    @functools.cached_property
    def place_names(self) -> "PlaceNames":
        """The names of the places where photos were taken."""
        from mcsearch.library.placing.place_names import PlaceNames

        return PlaceNames(self._connection)

    @functools.cached_property
    def texts(self) -> "Texts":
        """The full-text index of words in and around photos."""
        from mcsearch.library.texts.texts import Texts

        return Texts(self._connection)
