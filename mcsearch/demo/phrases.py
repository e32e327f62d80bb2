"""Captions for painted scenes, and captions that fit no painted scene."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

# The nouns for each subject: singular, plural.
SUBJECT_NOUNS: dict[str, tuple[tuple[str, str], ...]] = {
    "dog": (("dog", "dogs"), ("puppy", "puppies")),
    "cat": (("cat", "cats"), ("kitten", "kittens")),
    "person": (("person", "people"), ("man", "men"), ("woman", "women"), ("human", "humans")),
    "car": (("car", "cars"), ("automobile", "automobiles")),
    "boat": (("boat", "boats"), ("sailing boat", "sailing boats"), ("sailboat", "sailboats"), ("ship", "ships")),
    "tree": (("tree", "trees"), ("apple tree", "apple trees")),
    "house": (("house", "houses"), ("cottage", "cottages"), ("cabin", "cabins")),
    "bird": (("bird", "birds"),),
    "horse": (("horse", "horses"), ("pony", "ponies")),
    "bicycle": (("bicycle", "bicycles"), ("bike", "bikes")),
    "flower": (("flower", "flowers"), ("blossom", "blossoms")),
}
# For each place, nouns that can stand alone, and phrases that follow a subject.
PLACE_NOUNS: dict[str, tuple[str, ...]] = {
    "beach": ("beach", "seaside", "sea shore", "seashore", "coast", "sea"),
    "forest": ("forest", "woods", "woodland"),
    "city": ("city", "town", "street", "skyline"),
    "mountains": ("mountains", "mountain", "hills"),
    "snow": ("snow", "winter", "snowy landscape"),
    "room": ("room", "living room", "indoors", "interior"),
}
PLACE_PHRASES: dict[str, tuple[str, ...]] = {
    "beach": ("on a beach", "on the beach", "at the beach", "in the beach", "by the sea", "at the seaside",
              "on the sea shore", "at the seashore", "on the coast", "on the sand"),
    "forest": ("in a forest", "in the forest", "on the forest", "in the woods", "in the woodland", "among the trees"),
    "city": ("in a city", "in the city", "on the city", "in town", "in a town", "in the town", "in the street",
             "on a street", "on the street"),
    "mountains": ("in the mountains", "on the mountains", "in mountains", "on a mountain", "in front of mountains",
                  "in the hills"),
    "snow": ("in the snow", "in snow", "on the snow", "on snow", "in winter", "in a snowy landscape"),
    "room": ("in a room", "in the room", "on the room", "in a living room", "in the living room", "indoors", "inside"),
}  # fmt: skip
TIME_NOUNS: dict[str, tuple[str, ...]] = {
    "day": ("day", "daytime", "daylight"),
    "sunset": ("sunset", "dusk", "evening", "sundown"),
    "night": ("night", "night time", "midnight", "dark sky with stars", "starry sky"),
}
TIME_PHRASES: dict[str, tuple[str, ...]] = {
    "day": ("during the day", "by day", "in daylight", "in the daytime", "on a sunny day"),
    "sunset": ("at sunset", "at dusk", "in the evening", "at sundown"),
    "night": ("at night", "in the night", "by night", "at midnight", "in the dark"),
}
COLOUR_WORDS: dict[str, tuple[str, ...]] = {"brown": ("brown", "ginger")}

# Words that do not change the meaning of a caption.
ADJECTIVES = ("", "", "", "", "", "", "small", "little", "big", "large", "cute", "nice", "beautiful", "lovely", "old",
              "young", "happy")  # fmt: skip
OPENINGS = ("", "", "", "", "a photo of ", "a picture of ", "an image of ", "photo of ", "picture of ", "photos of ",
            "pictures of ", "a drawing of ", "a painting of ", "a photograph of ")  # fmt: skip
VERBS = ("", "", "", "", "", "", "standing", "sitting", "alone", "playing", "running", "walking", "seen")

# Nouns, places and times that no scene shows.
FOREIGN_SUBJECTS = (
    "elephant", "spaceship", "invoice", "pizza", "guitar", "laptop", "wedding cake", "birthday cake", "airplane",
    "train", "football", "penguin", "giraffe", "lion", "cow", "sheep", "computer screen", "whiteboard", "receipt",
    "passport", "cup of coffee", "sandwich", "dinosaur", "robot", "dragon", "helicopter", "tractor", "piano",
    "violin", "statue", "bridge", "castle", "church", "fountain", "balloon", "fireworks", "rainbow", "clock",
    "phone", "camera", "microphone", "newspaper", "map of europe", "crossword puzzle", "tax form", "screenshot",
    "handwritten letter", "chess board", "banana", "salad", "steak", "bottle of wine", "snake", "frog", "butterfly",
    "spider", "whale", "turtle", "tiger", "teddy bear", "vacuum cleaner", "washing machine", "toothbrush",
    "motorcycle", "bus", "truck", "video game", "origami", "art", "baby", "king", "soldier", "astronaut", "surfer",
    "skier", "football match", "concert", "graduation",
)  # fmt: skip
FOREIGN_PLACES = (
    "in a kitchen", "in a supermarket", "on the moon", "in space", "in a desert", "under water", "in a hospital",
    "in a swimming pool", "at the airport", "in a stadium", "on a stage", "in an office", "in the bathroom",
    "in a cave", "in a library", "at a restaurant", "in a museum", "at the zoo", "in a factory", "on a volcano",
    "in the jungle",
)  # fmt: skip
FOREIGN_TIMES = ("at christmas", "at a wedding", "in 1920", "at a birthday party", "in a thunderstorm")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a caption; None for anything it does not specify."""

    subject: str | None = None
    place: str | None = None
    time: str | None = None
    colour: str | None = None

    def fits(self, shown: "Meaning") -> bool:
        """Return whether a scene with the meaning `shown` matches the caption."""
        pairs = (
            (self.subject, shown.subject),
            (self.place, shown.place),
            (self.time, shown.time),
            (self.colour, shown.colour),
        )
        return all(wanted is None or wanted == seen for wanted, seen in pairs)

    def parts(self) -> "list[Meaning]":
        """Return this meaning and all its generalisations, most specific first; a colour needs its subject."""
        found = []
        for subject, place, time, colour in itertools.product(
            *((value, None) if value else (None,) for value in (self.subject, self.place, self.time, self.colour))
        ):
            if (subject or not colour) and (subject or place or time):
                found.append(Meaning(subject, place, time, colour))
        return sorted(found, key=lambda m: -sum(v is not None for v in (m.subject, m.place, m.time, m.colour)))


def phrases(meaning: Meaning) -> list[str]:
    """Return a few plain phrasings of one meaning, plainest first: "a red car on a beach at sunset"."""
    colour = f"{meaning.colour} " if meaning.colour else ""
    noun = f"{colour}{SUBJECT_NOUNS[meaning.subject][0][0]}" if meaning.subject else ""
    where = PLACE_PHRASES[meaning.place][0] if meaning.place else ""
    when = TIME_PHRASES[meaning.time][0] if meaning.time else ""
    if not noun:
        bare = PLACE_NOUNS[meaning.place][0] if meaning.place else TIME_NOUNS[meaning.time or ""][0]
        return [_join(bare, when), _join("a photo taken", where, when)] if meaning.place else [bare, f"a photo {when}"]
    subject = f"{_article(noun)} {noun}"
    return [
        _join(subject, where, when),
        _join("a photo of", subject, where, when),
        _join(noun, where.removeprefix("on a ").removeprefix("in a "), when.removeprefix("at ")),
    ]


def phrased(meaning: Meaning, rng: random.Random) -> str:
    """Return a random phrasing of a meaning."""
    if meaning.subject:
        one, many = rng.choice(SUBJECT_NOUNS[meaning.subject])
        colour = rng.choice(COLOUR_WORDS.get(meaning.colour, (meaning.colour,))) if meaning.colour else ""
        return _around(one, many, colour, meaning.place, meaning.time, rng)
    when = _either(TIME_PHRASES[meaning.time], TIME_NOUNS[meaning.time], rng) if meaning.time else ""
    if not meaning.place:
        return when + rng.choice(("", "", "."))
    where = _either(PLACE_PHRASES[meaning.place], PLACE_NOUNS[meaning.place], rng)
    return rng.choice((_join(where, when), _join(where, when), _join(when, where))) + rng.choice(("", "", "."))


def foreign(rng: random.Random, meaning: Meaning) -> str:
    """Return a random caption that fits no scene, since it names something that is never painted."""
    one = rng.choice(FOREIGN_SUBJECTS)
    kind = rng.random()
    if kind < 0.3 or not meaning.subject:
        return _around(one, one, "", None, None, rng)
    if kind < 0.6:
        return _around(one, one, rng.choice(("", "", "red", "white", "blue")), meaning.place, meaning.time, rng)
    known, many = rng.choice(SUBJECT_NOUNS[meaning.subject])
    words = f"{_article(known)} {known}" if rng.random() < 0.7 else many
    if kind < 0.75:
        return _join(rng.choice(OPENINGS).strip(), words, rng.choice(FOREIGN_PLACES))
    if kind < 0.85:
        where = rng.choice(PLACE_PHRASES[meaning.place]) if meaning.place and rng.random() < 0.5 else ""
        return _join(words, where, rng.choice(FOREIGN_TIMES))
    others = [s for s in SUBJECT_NOUNS if s != meaning.subject]
    other = rng.choice(SUBJECT_NOUNS[rng.choice(others)])[0] if rng.random() < 0.6 else one
    where = rng.choice(PLACE_PHRASES[meaning.place]) if meaning.place and rng.random() < 0.5 else ""
    return _join(words, rng.choice(("and", "with")), _article(other), other, where)


def all_words() -> Iterator[str]:
    """Yield every phrase that captions are made of, from which the vocabulary is collected."""
    for nouns in SUBJECT_NOUNS.values():
        yield from itertools.chain.from_iterable(nouns)
    for table in (PLACE_NOUNS, PLACE_PHRASES, TIME_NOUNS, TIME_PHRASES, COLOUR_WORDS):
        yield from itertools.chain.from_iterable(table.values())
    yield from (*ADJECTIVES, *OPENINGS, *VERBS)
    yield "a an the one my some photo photos picture scene taken with and , . ! ? -"
    yield "red yellow blue green white black brown"


def _either(following: tuple[str, ...], nouns: tuple[str, ...], rng: random.Random) -> str:
    """Return a caption of a place or a time alone, as a phrase after "a photo" or as a noun."""
    if rng.random() < 0.35:
        return rng.choice(("", "a photo ", "a picture ", "a scene ", "photos taken ")) + rng.choice(following)
    return rng.choice(OPENINGS) + rng.choice(("", "", "a ", "the ", "a beautiful ")) + rng.choice(nouns)


def _around(one: str, many: str, colour: str, place: str | None, time: str | None, rng: random.Random) -> str:
    """Return a random caption of a subject, with a place and a time if they are given."""
    adjective = rng.choice(ADJECTIVES)
    form = rng.random()
    if form < 0.55:
        noun = _join(adjective, colour, one)
        words = f"{rng.choice((_article(noun), _article(noun), 'the', 'one', 'my'))} {noun}"
    elif form < 0.8:
        words = _join(adjective, colour, one)
    else:
        words = _join(rng.choice(("", "", "some")), adjective, colour, many)
    words = rng.choice(OPENINGS) + words
    verb = rng.choice(VERBS) if place or time else ""
    where = rng.choice(PLACE_PHRASES[place] + PLACE_NOUNS[place][:2]) if place else ""
    when = rng.choice(TIME_PHRASES[time] + TIME_NOUNS[time][:2]) if time else ""
    form = rng.random()
    if place and form < 0.12:
        text = _join(_article(PLACE_NOUNS[place][0]), rng.choice(PLACE_NOUNS[place]), when, "with", words)
    elif form < 0.24:
        text = _join(words, when, where)
    else:
        text = _join(words, verb, where, when)
    return text + rng.choice(("", "", "", "."))


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)
