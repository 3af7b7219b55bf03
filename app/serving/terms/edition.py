"""How long the result of a search holds."""


class Edition:
    """The state of a site's titles, labels and markers in which a search was made; a change of these ends it.

    What is remembered of a search is valid while its edition is current: looking at that costs next to nothing.
    """

    __slots__ = ("is_current",)

    def __init__(self) -> None:
        self.is_current = True


PERMANENT = Edition()
"""The edition of what is found by its number."""
