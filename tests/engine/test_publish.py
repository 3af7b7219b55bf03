"""Publishing: what several threads share."""

from concurrent.futures import ThreadPoolExecutor

from app.domain.sites import Serve
from app.engine.catalogue import Catalogue
from app.engine.observing import Silent
from app.engine.places import Places
from app.engine.publish import Publisher
from app.github import payloads
from app.store.memory import MemoryMirror
from tests.github.objects import comment_object


def test_safe_html_may_be_asked_for_from_many_threads_at_once() -> None:
    mirror = MemoryMirror("here")
    publisher = Publisher(
        mirror=mirror,
        catalogue=Catalogue(10_000),
        places=Places((), mirror),
        serve=Serve(),
        public_url=None,
        allow_private=False,
        observer=Silent(),
    )
    publisher._safe = type(publisher._safe)(2_000, getsizeof=len)
    items = [payloads.comment(comment_object(n, body_html=f"<p>{n} " + "x" * 90 + "</p>")) for n in range(1, 201)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(publisher._safe_html, items * 20))
    assert made == [item.body_html for item in items] * 20
    assert publisher._safe.currsize == sum(map(len, publisher._safe.values())) <= 2_000
