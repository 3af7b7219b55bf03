"""The settings of moderation: how their values are read, and which of them contradict each other."""

import re
from collections.abc import Callable
from typing import Annotated, Literal, Protocol

from app.domain.errors import InvalidSetting
from app.domain.moderation.hold_words import HoldWord, parse_hold_words
from app.domain.moderation.rules import ModerationRules, Show
from app.domain.sites import Repository
from app.settings.fields import BeforeValidator, Field

_ASSOCIATIONS = (
    *("OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR"),
    *("FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN"),
)
_REACTIONS = {
    "+1": "👍",
    "heart": "❤",
    "hooray": "🎉",
    "rocket": "🚀",
    "eyes": "👀",
    "laugh": "😄",
}
"""The reactions that may approve, and their emoji; `-1` and `confused` say no."""
_LOGIN = re.compile(r"@?([A-Za-z0-9](?:[A-Za-z0-9_-]{0,60}[A-Za-z0-9])?(?:\[bot\])?)")
_VARIATION = "\N{VARIATION SELECTOR-16}"
_MOST_AUTHORS = 10_000


class ModerationFields(Protocol):
    """The fields of the settings that the rules are made of."""

    @property
    def repo(self) -> tuple[Repository, ...]:
        """The served repositories."""

    @property
    def show(self) -> str:
        """What is shown."""

    @property
    def show_associations(self) -> tuple[str, ...]:
        """The associations that are shown, or need no approval."""

    @property
    def approval(self) -> str | None:
        """The reaction that approves."""

    @property
    def approvers(self) -> tuple[str, ...]:
        """The accounts that approve."""

    @property
    def hold_words(self) -> tuple[HoldWord, ...]:
        """The words that hold a comment back."""

    @property
    def hold_links(self) -> int | None:
        """The number of links that holds a comment back."""

    @property
    def deny_authors(self) -> tuple[str, ...]:
        """The accounts whose comments are not shown."""


def _split_associations(value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip().upper().replace("-", "_") for part in value.split(",") if part.strip()))
    if "NONE" in names:
        raise ValueError("NONE are all people without an association: everyone's comments would be shown. Take it out")
    for name in names:
        if name not in _ASSOCIATIONS:
            raise ValueError(f"{name!r} is no association. Write some of {', '.join(_ASSOCIATIONS)}")
    return names


def _parse_reaction(value: str) -> str | None:
    name = value.strip().strip(":").replace(_VARIATION, "")
    by_emoji = {emoji: reaction for reaction, emoji in _REACTIONS.items()}
    reaction = by_emoji.get(name, name.lower())
    if reaction not in _REACTIONS:
        raise ValueError(f"{value!r} approves nothing. Write one of {', '.join(_REACTIONS)}")
    return reaction


def _split_logins(value: str) -> tuple[str, ...]:
    parts = [part.strip() for part in value.replace("\n", ",").split(",") if part.strip()]
    for part in parts:
        if not _LOGIN.fullmatch(part):
            raise ValueError(f"{part!r} is no account. Write it as in the address of its page on GitHub, as octocat")
    if len(parts) > _MOST_AUTHORS:
        raise ValueError(f"there are {len(parts)} accounts. Name {_MOST_AUTHORS} at most")
    return tuple(dict.fromkeys(part.removeprefix("@") for part in parts))


def _from_text(parse: Callable[[str], object]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


ShowSetting = Annotated[
    Literal["all", "associations", "approved"],
    _from_text(lambda value: value.strip().lower()),
    Field(
        description=(
            "Which comments are shown: `all`, `associations` for those of some authors only, or `approved` for what "
            "you have approved with a reaction."
        )
    ),
]
AssociationsSetting = Annotated[
    tuple[str, ...],
    _from_text(_split_associations),
    Field(
        description=(
            "The associations whose comments are shown (`AFTERWORD_SHOW=associations`) or need no approval "
            "(`approved`), separated by commas: `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, …"
        )
    ),
]
ApprovalSetting = Annotated[
    str | None,
    _from_text(_parse_reaction),
    Field(
        description="The reaction that approves a comment: `+1`, `heart`, `hooray`, `rocket`, `eyes` or `laugh`.",
    ),
]
ApproversSetting = Annotated[
    tuple[str, ...],
    _from_text(_split_logins),
    Field(
        description=(
            "The GitHub accounts whose reaction approves, separated by commas. Empty: the owner of the repository, "
            "which cannot be an organisation."
        )
    ),
]
HoldWordsSetting = Annotated[
    tuple[HoldWord, ...],
    _from_text(parse_hold_words),
    Field(
        description=(
            "Words that hold a comment back, separated by commas: whole words in any case; `casino*` is the start of "
            "a word."
        )
    ),
]
HoldLinksSetting = Annotated[
    int | None,
    Field(ge=1, le=1000, description="Comments with this many links or more are held back."),
]
DenyAuthorsSetting = Annotated[
    tuple[str, ...],
    _from_text(_split_logins),
    Field(description="The GitHub accounts whose comments are never shown, separated by commas."),
]


def moderation_rules(fields: ModerationFields) -> ModerationRules:
    """Return the rules that the settings name."""
    return ModerationRules(
        show=Show(fields.show),
        associations=frozenset(fields.show_associations),
        approval=fields.approval,
        approvers=frozenset(login.casefold() for login in fields.approvers),
        hold_words=fields.hold_words,
        hold_links=fields.hold_links,
        denied_authors=frozenset(login.casefold() for login in fields.deny_authors),
    )


def check_moderation(fields: ModerationFields, prefix: str) -> None:
    """Raise `InvalidSetting` if settings contradict each other; variables begin with `prefix`."""
    _check_associations(fields, prefix)
    _check_approval(fields, prefix)
    rules = moderation_rules(fields)
    if rules.approval is None:
        return
    approving_logins = frozenset[str]().union(*(rules.approving_logins(repo.full_name) for repo in fields.repo))
    for login in fields.deny_authors:
        if login.casefold() in approving_logins:
            raise InvalidSetting(
                f"{prefix}DENY_AUTHORS",
                f"{login} approves comments, and cannot be denied. Take the account out, or name other approvers "
                f"with {prefix}APPROVERS",
            )


def _check_associations(fields: ModerationFields, prefix: str) -> None:
    name = f"{prefix}SHOW_ASSOCIATIONS"
    if fields.show == "associations" and not fields.show_associations:
        raise InvalidSetting(name, f"{prefix}SHOW=associations needs to know which. Write OWNER,MEMBER,COLLABORATOR")
    if fields.show == "all" and fields.show_associations:
        raise InvalidSetting(
            name,
            f"{prefix}SHOW=all shows everyone's comments. Set {prefix}SHOW=associations to show only those of these "
            f"authors, or {prefix}SHOW=approved to show theirs without approval",
        )


def _check_approval(fields: ModerationFields, prefix: str) -> None:
    name, show = f"{prefix}APPROVAL", f"{prefix}SHOW={fields.show}"
    if fields.approval is None:
        if fields.show == "approved":
            raise InvalidSetting(name, f"{show} needs to know which reaction approves. Write one, as +1 or rocket")
        if fields.approvers:
            raise InvalidSetting(f"{prefix}APPROVERS", f"no reaction approves. Name one with {name}, as +1")
    elif fields.show == "associations":
        raise InvalidSetting(
            name,
            f"with {show} no reaction shows a comment. Set {prefix}SHOW=approved: the authors of "
            f"{prefix}SHOW_ASSOCIATIONS need no approval then",
        )
    elif fields.show == "all" and not (fields.hold_words or fields.hold_links):
        raise InvalidSetting(
            name,
            f"with {show} nothing is held back that a reaction could approve. Set {prefix}SHOW=approved, "
            f"{prefix}HOLD_WORDS or {prefix}HOLD_LINKS",
        )
