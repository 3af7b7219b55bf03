"""The hierarchy of all failures; each carries the data that a good message and its HTTP status need.

AfterwordError
├── InvalidSetting              a setting is missing, malformed or contradicts another
├── CannotStart                 the machine lacks what serving needs (a port, an address)
├── StoreError
│   ├── StoreUnusable           the store cannot be read or written
│   ├── StoreTooNew             a later version of Afterword wrote it
│   └── CopyRefused             a store cannot be copied, or not into that one
├── GitHubError                 a request has no valid response
│   ├── Unreachable             no connection, a time-out, or 5xx after all retries
│   ├── InvalidResponse         cut off, not JSON, of the wrong type, HTML with status 200
│   ├── RateLimited             GitHub's limit or our own budget, with its end
│   ├── TokenRejected           401: the token is wrong, expired or revoked
│   ├── RequestRejected         403 or another 4xx that is no limit and has no type below
│   ├── NotVisible              404: absent, or invisible with this token
│   ├── PrivateRepository       visible with the token, but no setting allows its publication
│   ├── Gone                    410: deleted, or issues are switched off
│   ├── InvalidRedirect         301/302/307/308 to an address that must not be followed
│   └── PaginationLimitReached  422: GitHub pages a list only to 10,000 items
├── PurgeFailed                 the owner's CDN did not purge what a change concerns
├── ReadError                   a reader's request without a document
│   ├── InvalidParameter        its name, and what is allowed
│   ├── InvalidCursor           a cursor that is not ours or belongs to another list
│   ├── NotServed               a repository that is not configured
│   ├── CommentNotFound         a comment that is in no served thread
│   ├── ThreadNotFound          a term, labels or a marker that no post has
│   ├── ThreadUndecided         a term or labels that several posts have; says which
│   ├── ImageNotFound           an image that is in nothing served
│   ├── ImageRejected           its source is not allowed, or returns no image
│   ├── NotReady                cold, and GitHub did not respond in time; says when to retry
│   └── Overloaded              too many readers wait for documents; says when to retry
├── OwnerError                  a request to the owner's page that is refused
│   ├── SignInRequired          no session and no token
│   ├── WrongToken              the token is not the owner's
│   └── ForeignForm             a form that another site sent, or one of another session
├── TooManyRequests             a client asks too often for what costs something; says when to retry
└── WebhookError                a webhook delivery that is rejected: `app.domain.webhook_errors`
"""

from app.domain.errors.clients import ForeignForm, OwnerError, SignInRequired, TooManyRequests, WrongToken
from app.domain.errors.github import (
    GitHubError,
    Gone,
    InvalidRedirect,
    InvalidResponse,
    NotVisible,
    PaginationLimitReached,
    PrivateRepository,
    RateLimited,
    RequestRejected,
    TokenRejected,
    Unreachable,
)
from app.domain.errors.purges import PurgeFailed
from app.domain.errors.readers import (
    CommentNotFound,
    ImageNotFound,
    ImageRejected,
    InvalidCursor,
    InvalidParameter,
    NotReady,
    NotServed,
    Overloaded,
    ReadError,
    ThreadNotFound,
    ThreadUndecided,
)
from app.domain.errors.root import AfterwordError
from app.domain.errors.starting import CannotStart, InvalidSetting
from app.domain.errors.stores import CopyRefused, StoreError, StoreTooNew, StoreUnusable

__all__ = [
    "AfterwordError",
    "CannotStart",
    "CommentNotFound",
    "CopyRefused",
    "ForeignForm",
    "GitHubError",
    "Gone",
    "ImageNotFound",
    "ImageRejected",
    "InvalidCursor",
    "InvalidParameter",
    "InvalidRedirect",
    "InvalidResponse",
    "InvalidSetting",
    "NotReady",
    "NotServed",
    "NotVisible",
    "Overloaded",
    "OwnerError",
    "PaginationLimitReached",
    "PrivateRepository",
    "PurgeFailed",
    "RateLimited",
    "ReadError",
    "RequestRejected",
    "SignInRequired",
    "StoreError",
    "StoreTooNew",
    "StoreUnusable",
    "ThreadNotFound",
    "ThreadUndecided",
    "TokenRejected",
    "TooManyRequests",
    "Unreachable",
    "WrongToken",
]
