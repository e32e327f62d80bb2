"""RARE: prompts of things that hardly anybody has photos of. How well photos fit them shows what a chance match is.

There are two kinds, since near misses fit photos better than things that are wholly absent, and less is asked for them.
Each entry of a kind is a prompt as people type it: a word, a few words, or a sentence.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """Prompts of one kind, and the share of all queries without an answer that are taken to be of this kind."""

    share: float
    prompts: tuple[str, ...]


_THINGS_SHARE, _NEAR_MISSES_SHARE = 7 / 8, 1 / 8

_THINGS = (
    "a narwhal", "a pangolin", "an axolotl", "a komodo dragon", "tasmanian devil", "an okapi", "a platypus",
    "anglerfish", "a giant squid", "a manta ray", "a vulture eating a carcass", "a snow leopard", "a polar bear",
    "a walrus on an ice floe", "a hippopotamus with an open mouth", "a gorilla", "an armadillo", "aardvark",
    "a hammerhead shark", "a cobra with its hood spread", "a scorpion under ultraviolet light", "a tarantula",
    "a woolly mammoth skeleton", "a trilobite fossil", "a dinosaur egg", "a nuclear submarine", "an aircraft carrier",
    "a space shuttle on the launch pad", "a lunar rover", "an astronaut floating in space", "a hovercraft",
    "a zeppelin", "a bathyscaphe", "a tank firing its gun", "a fighter jet in a hangar", "a stealth bomber",
    "a steam locomotive wreck", "an oil rig in a storm", "a bucket-wheel excavator", "a snow groomer",
    "a combine harvester at night", "a whaling ship", "a viking longship", "a galleon under full sail",
    "a roman galley", "a hearse", "a penny-farthing", "a rickshaw puller", "a dog sled race",
    "a medieval suit of armour", "a guillotine", "a catapult", "a samurai sword", "a crossbow", "a musket",
    "a cannonball", "a chain mail glove", "a pharaoh's death mask", "a mummy in a sarcophagus",
    "a clay tablet with cuneiform", "the rosetta stone", "an illuminated manuscript", "a papyrus scroll", "an abacus",
    "an astrolabe", "a sextant", "a slide rule", "a gramophone", "a telegraph key", "an enigma machine",
    "a punched card", "a mainframe computer", "a magnetic core memory board", "an oscilloscope",
    "an electron microscope", "a particle detector", "the control room of a nuclear power station",
    "a cooling tower from inside", "a reactor core glowing blue", "a wind tunnel", "a planetarium projector",
    "a radio telescope", "a cyclotron", "a gene sequencer", "a petri dish with bacteria", "a histological section",
    "an x-ray of a broken arm", "a brain scan", "an ultrasound of a kidney", "a heart operation", "a dental cast",
    "a prosthetic leg", "an iron lung", "a circuit diagram", "sheet music for a string quartet",
    "a weather chart with isobars", "a blueprint of a bridge", "a stock market chart", "a page of chinese calligraphy",
    "an eye test chart", "a periodic table", "a crossword", "a bar code", "a passport page with stamps",
    "a treasure map", "a star chart", "a chess diagram", "a knitting pattern", "a stained-glass rose window",
    "a byzantine mosaic", "a totem pole", "a terracotta army", "an easter island statue", "stonehenge",
    "the great wall of china", "machu picchu", "a yurt in the steppe", "an igloo", "a pagoda in the mist",
    "a mangrove swamp", "a salt flat", "a coral reef", "a glacier cave", "a lava flow at night", "a geyser erupting",
    "a tornado", "a mushroom cloud", "a meteor crater", "the surface of mars", "saturn and its rings",
    "a solar eclipse", "northern lights over a fjord", "an avalanche", "a forest fire", "a flooded mine",
    "a sinkhole in a road", "a bullfight", "a sumo match", "a polo match", "fencing", "curling",
    "a ski jumper in the air", "a pole vaulter", "synchronised swimming", "a bobsleigh", "a sword swallower",
    "a fire eater", "a tightrope walker", "a ventriloquist with a dummy", "a geisha", "a beefeater",
    "a pope on a balcony", "a coronation", "a courtroom sketch", "a parliament in session",
    "a beekeeper with a swarm on his arm", "a glass blower", "a blacksmith at the anvil",
    "a deep-sea diver in a brass helmet", "a chimney sweep", "a fortune teller", "a bonsai exhibition", "a durian",
    "a century egg", "a plate of fried crickets", "a wheel of blue cheese", "an octopus drying on a line",
    "a still for whisky", "a tea plantation", "a rubber tapper", "a salt mine",
)  # fmt: skip
_NEAR_MISSES = (
    "a dog driving a car", "a purple cat on a sofa", "a horse in a kitchen", "a cow on a balcony", "a blue banana",
    "a baby with a beard", "a bicycle under water", "a sofa on a beach", "a bathtub in a forest", "a piano in the snow",
    "a wedding in a supermarket", "a man in a suit climbing a tree", "an elephant in a living room", "a green sky",
    "a house made of glass bottles", "a cake in the shape of a shoe", "a tree growing out of a car",
    "a woman playing the harp in the rain", "a bus in a field of sunflowers", "a boat in a desert",
    "children dressed as lobsters", "a clown in an office", "a grandmother on a skateboard", "a pink police car",
    "a swimming pool full of balloons", "a cat wearing a tie", "two people sword fighting in a park", "a square wheel",
    "a bird with four legs", "a bride on a motorcycle", "a chair on a roof", "an umbrella made of paper",
    "a fish on a street", "a lamp in a swimming pool", "a black strawberry", "a tractor in a city centre",
    "a goat on a staircase", "a tent in a living room", "a snowman on a beach", "a rowing boat on a road",
)  # fmt: skip
RARE = (Kind(_THINGS_SHARE, _THINGS), Kind(_NEAR_MISSES_SHARE, _NEAR_MISSES))

# The demo model knows little but painted scenes, so it is asked for things that its painter cannot paint.
_SUBJECTS = ("dog", "cat", "person", "car", "boat", "tree", "house", "bird", "horse", "bicycle", "flower")
_PLACES = ("on a beach", "in a forest", "in the city", "in the mountains", "in the snow", "in a room")
_STRANGE = (
    "elephant", "spaceship", "guitar", "pizza", "castle", "penguin", "robot", "piano", "whale", "laptop", "clown",
    "volcano", "submarine", "waterfall",
)  # fmt: skip
_STRANGE_PLACES = ("on the moon", "in a kitchen", "under water", "in a stadium", "in a desert", "at the airport")
_NEVER_PAINTED = (
    "a green dog", "a blue cat", "a red horse", "a yellow dog", "a green cat", "a blue horse", "a black car",
    "a brown boat", "a white bird", "a black flower", "a brown house", "a white bicycle", "a green flower",
    "a black boat", "a red dog", "a yellow cat", "a green horse", "a brown car", "a blue tree", "a red tree",
)  # fmt: skip
DEMO = (
    Kind(
        _THINGS_SHARE,
        (
            *(f"a {thing} {place}" for thing in _STRANGE for place in _PLACES),
            *(f"a {subject} {place}" for subject in _SUBJECTS for place in _STRANGE_PLACES),
        ),
    ),
    Kind(
        _NEAR_MISSES_SHARE,
        tuple(
            f"{painted} {_PLACES[(number + shift) % len(_PLACES)]}"
            for number, painted in enumerate(_NEVER_PAINTED)
            for shift in (0, 3)
        ),
    ),
)


def rare_prompts(model: str) -> tuple[Kind, ...]:
    """Return the prompts of rare things for a model, by kind."""
    return DEMO if model == "demo" else RARE
