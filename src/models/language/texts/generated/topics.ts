// What scenes are about: a place, people, things, and what both do there. A scene takes most of its words from one topic.

/** Words of one subject: nouns in the singular, verbs as they follow "to". */
export interface Topic {
  /** As in "the harbour": where a scene plays. */
  readonly place: string;
  readonly people: readonly string[];
  readonly things: readonly string[];
  /** What people do with things. */
  readonly deeds: readonly string[];
  /** What things do by themselves. */
  readonly events: readonly string[];
  readonly qualities: readonly string[];
}

const words = (list: string): readonly string[] => list.split(" ");

const topic = (
  place: string,
  people: string,
  things: string,
  deeds: string,
  events: string,
  qualities: string,
): Topic => ({
  place,
  people: words(people),
  things: words(things),
  deeds: words(deeds),
  events: words(events),
  qualities: words(qualities),
});

/** The subjects of scenes. */
export const topics: readonly Topic[] = [
  topic(
    "harbour",
    "sailor captain fisher pilot diver smuggler",
    "boat sail rope net anchor gull lantern wave oar mast shell tide fog pier crab barrel",
    "mend steer haul lower tie paint follow load",
    "drift sink rise rock creak glitter",
    "salty grey wide wet distant rusty stormy blue",
  ),
  topic(
    "orchard",
    "gardener picker farmer beekeeper neighbour shepherd",
    "apple pear tree ladder basket bee blossom branch wall seed wasp root leaf hive plum hedge",
    "pick plant water prune gather shake taste climb",
    "ripen bloom fall grow bend hum",
    "sweet green ripe sunny crooked golden mossy early",
  ),
  topic(
    "kitchen",
    "cook baker servant guest butcher taster",
    "pot spoon loaf oven kettle onion plate knife cake pan egg pie cup jar fire recipe",
    "stir bake slice salt boil season carry wash",
    "burn steam bubble cool smoke rattle",
    "hot bitter fresh greasy warm round clean hungry",
  ),
  topic(
    "mountain",
    "climber guide hermit goatherd traveller hunter",
    "peak path stone eagle hut goat stream cliff cloud map cave ridge echo boot glacier tent",
    "cross reach measure seek mark conquer describe leave",
    "crumble thunder slide tower vanish freeze",
    "steep high bare windy narrow silent rough lonely",
  ),
  topic(
    "library",
    "reader poet scholar clerk printer student",
    "book page letter shelf candle desk word quill key riddle story index margin scroll stamp chapter",
    "read copy borrow bind hide translate dust quote",
    "fade rustle close open yellow wait",
    "dusty long learned quiet secret torn famous difficult",
  ),
  topic(
    "market",
    "merchant buyer thief juggler weaver beggar",
    "coin stall cloth purse scale ribbon bargain cart pepper carpet bell basket mirror whistle price drum",
    "buy sell weigh count steal praise trade wrap",
    "ring shine roll jingle flutter crowd",
    "cheap bright loud precious busy striped false heavy",
  ),
  topic(
    "forest",
    "woodcutter ranger witch child outlaw wanderer",
    "oak wolf owl fox trail fern mushroom shadow nest deer twig moss clearing raven thorn acorn",
    "track cut hear lose feed watch startle chase",
    "whisper howl move sleep hide rot",
    "dark deep wild green ancient hollow tangled strange",
  ),
  topic(
    "workshop",
    "carpenter smith tailor tinker glazier apprentice",
    "hammer nail saw wheel plank needle anvil glove hinge bench button lock clock screw thread chisel",
    "build sharpen repair polish bend sew join oil",
    "turn tick squeak break spin glow",
    "sharp solid useless careful broken new plain strong",
  ),
  topic(
    "theatre",
    "actor singer dancer prompter painter critic",
    "mask stage curtain crown cloak song verse ghost throne sword costume trumpet letter joke lamp balcony",
    "wear forget learn play applaud rehearse borrow mock",
    "fall echo sparkle begin end sway",
    "tragic comic velvet royal sad noble foolish painted",
  ),
  topic(
    "mill",
    "miller carter farmer mason ferryman washerwoman",
    "wheel sack river bridge grain mule duck stone cat mouse dam willow ditch flour bucket meadow",
    "grind lift fill empty drive cross block guard",
    "flow turn splash sag leak grind",
    "white muddy slow full patient lame shallow old",
  ),
  topic(
    "tower",
    "astronomer watchman prince prisoner ringer messenger",
    "star moon comet lens stair window planet bell chart raven roof bolt flag dial sky wind",
    "observe name draw predict point measure greet gild",
    "shine set rise blink wander toll",
    "cold faint clear eternal bright hidden pale curious",
  ),
  topic(
    "village",
    "teacher doctor widow mayor twin stranger",
    "house dog door well goose street chimney fence garden rumour wedding quarrel hat gate pig umbrella",
    "sweep visit lock feed sell defend admire find",
    "stand bark lean wait smoke return",
    "small proud honest poor merry stubborn crooked kind",
  ),
];

/** Words of every scene. */
export const common = {
  people: words("friend brother sister mother father king queen fool"),
  things: words("day night year secret promise dream road song gift name answer question"),
  deeds: words("love see want know need remember bring keep show find"),
  events: words("come change stay end return disappear"),
  qualities: words("old new good bad little great strange beautiful other last"),
  manners: words(
    "slowly gladly often never always again today softly together alone rarely quickly",
  ),
  numbers: words("one two three four five six seven eight nine ten eleven twelve"),
} as const;

/** Speakers. */
export const names: readonly string[] = words(
  "Ada Bruno Clara Dorin Elsa Fabian Greta Hugo Ida Jonas Kira Leo Mara Nils Olga Pavel Rosa Stefan Tilda Viktor",
);

/** Words that rhyme with each other, things that can be seen, a family in a row. */
export const rhymes: readonly (readonly string[])[] = [
  words("light night sight height knight"),
  words("sea tree bee key knee"),
  words("rain lane grain chain crane train"),
  words("stone bone throne cone"),
  words("moon spoon tune dune"),
  words("king ring string wing spring"),
  words("bell shell well spell"),
  words("hill mill quill till"),
  words("day bay clay tray"),
  words("bread thread bed shed head"),
  words("star jar car scar"),
  words("rose nose hose"),
  words("hat cat mat bat rat"),
  words("boat coat goat moat"),
  words("clock rock lock sock flock"),
  words("door floor shore oar"),
];
