"""Where people live: real places and ZIP codes of Sacramento County, invented streets."""

PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "arcohe-union-elementary": (("Herald", "95638"), ("Galt", "95632")),
    "center-joint-unified": (("Antelope", "95843"), ("Sacramento", "95842")),
    "elk-grove-unified": (
        ("Elk Grove", "95624"),
        ("Elk Grove", "95757"),
        ("Elk Grove", "95758"),
        ("Sacramento", "95823"),
        ("Sacramento", "95828"),
        ("Sacramento", "95829"),
        ("Wilton", "95693"),
        ("Sloughhouse", "95683"),
    ),
    "elverta-joint-elementary": (("Elverta", "95626"), ("Rio Linda", "95673")),
    "folsom-cordova-unified": (
        ("Folsom", "95630"),
        ("Rancho Cordova", "95670"),
        ("Rancho Cordova", "95742"),
    ),
    "galt-joint-union-elementary": (("Galt", "95632"),),
    "galt-joint-union-high": (("Galt", "95632"), ("Herald", "95638")),
    "natomas-unified": (("Sacramento", "95833"), ("Sacramento", "95834"), ("Sacramento", "95835")),
    "river-delta-joint-unified": (
        ("Walnut Grove", "95690"),
        ("Isleton", "95641"),
        ("Courtland", "95615"),
    ),
    "robla-elementary": (("Sacramento", "95838"), ("Rio Linda", "95673")),
    "sacramento-city-unified": (
        ("Sacramento", "95811"),
        ("Sacramento", "95815"),
        ("Sacramento", "95816"),
        ("Sacramento", "95817"),
        ("Sacramento", "95818"),
        ("Sacramento", "95819"),
        ("Sacramento", "95820"),
        ("Sacramento", "95822"),
        ("Sacramento", "95824"),
        ("Sacramento", "95826"),
        ("Sacramento", "95831"),
        ("Sacramento", "95832"),
    ),
    "san-juan-unified": (
        ("Carmichael", "95608"),
        ("Citrus Heights", "95610"),
        ("Citrus Heights", "95621"),
        ("Fair Oaks", "95628"),
        ("Orangevale", "95662"),
        ("Sacramento", "95821"),
        ("Sacramento", "95825"),
        ("Sacramento", "95841"),
        ("Sacramento", "95864"),
    ),
    "twin-rivers-unified": (
        ("North Highlands", "95660"),
        ("Rio Linda", "95673"),
        ("Sacramento", "95815"),
        ("Sacramento", "95838"),
        ("Sacramento", "95841"),
    ),
}
ELSEWHERE = (("Sacramento", "95814"), ("Sacramento", "95827"), ("Mather", "95655"))
"""Where a district that is not listed has its families."""

_STREETS = (
    "Almond, Antler, Apricot, Badger Hill, Bayberry, Bellflower, Birchwood, Blue Heron, Bramble, "
    "Briarpatch, Bridgewater, Buttercup, Butterfield, Calico, Canary, Canyon Oak, Cardinal, "
    "Cattail, Chestnut, Cinnamon, Coppervale, Coyote, Cricket, Dandelion, Deer Hollow, Dogwood, "
    "Driftwood, Dusty Miller, El Nido, Falcon, Ferncliff, Fig Tree, Flintlock, Foxtail, Gingko, "
    "Goldfinch, Gooseberry, Harvest Moon, Hazelnut, Honeysuckle, Huckleberry, Indigo, Ivory, "
    "Jackrabbit, Jasmine, Kingfisher, La Paloma, Lavender, Lemon Hill, Lighthouse, Lost Creek, "
    "Magpie, Marigold, Mariposa, Mockingbird, Mulberry, Nectarine, Nightingale, Nutmeg, "
    "O'Connell, Oak Savanna, Old Ferry, Olive Branch, Palomino, Papaya, Partridge, Pebble, "
    "Pecan, Pheasant, Plum Blossom, Quince, Rabbitbrush, Raintree, Raspberry, River Otter, "
    "Robin, Sandpiper, Señora, Shadow, Shoreline, Skylark, Snapdragon, Sparrow, Starlight, "
    "Stonecrop, Sugarpine, Sundance, Swallowtail, Tamarack, Tangerine, Teal, Thornberry, "
    "Tumbleweed, Turtledove, Valley Oak, Verbena, Violet, Waterwheel, Whippoorwill, Wild Plum, "
    "Windmill"
)
SUFFIXES = ("St", "Ave", "Dr", "Way", "Ct", "Ln", "Blvd", "Cir", "Rd", "Pl")
UNITS = ("Apt {}", "Apt {}", "Unit {}", "#{}", "Spc {}", "Apt {}B")
BAD_STREETS = ("UNKNOWN", "General Delivery", "see file", "homeless", "ASK FRONT OFFICE", "123")
SAFE_ADDRESS = {
    "street": "PO Box 1679",
    "unit": "",
    "city": "Sacramento",
    "state": "CA",
    "zip": "95812-1679",
}
"""Where everybody in Safe at Home gets mail; the authorization number tells them apart."""


def street_names() -> list[str]:
    """Every invented street with every suffix."""
    return [f"{name} {suffix}" for name in _STREETS.split(", ") for suffix in SUFFIXES]
