"""Lists that are filtered, searched, sorted and paged in SQL: which rows, in which order, how many.

A `Listing` is declared once beside its capability (`app.queries.servicing.accounts`) and used by the page, its exports, its
bulk actions and the command line alike, so that all of them mean the same rows. How the rows look is said by the screens.
"""

from app.queries.listing.counting import Count
from app.queries.listing.criteria import Criteria
from app.queries.listing.fields import TODAY, Empty, Field, Join, Kind, Sort
from app.queries.listing.filters import Aside, Banded, Choice, Filter, Flag, One, Text
from app.queries.listing.keyset import Page, Place
from app.queries.listing.listing import Listing
from app.queries.listing.ranges import Dates, Money, Numbers

__all__ = [
    "TODAY",
    "Aside",
    "Banded",
    "Choice",
    "Count",
    "Criteria",
    "Dates",
    "Empty",
    "Field",
    "Filter",
    "Flag",
    "Join",
    "Kind",
    "Listing",
    "Money",
    "Numbers",
    "One",
    "Page",
    "Place",
    "Sort",
    "Text",
]
