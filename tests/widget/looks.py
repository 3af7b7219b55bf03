"""How the widget lies and looks in a page: its geometry, computed styles, sides and images."""

from typing import Any

import httpx
from playwright.sync_api import Page

from tests.widget.frameworks import SHOW
from tests.widget.stage import Stage

_PAIR = (
    '<p><img class="pc-dark" alt="dark" src="data:,"><img class="pc-light" alt="light" src="data:,"></p>'
    '<p><img alt="low" height="40" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"></p>'
)


def geometry(page: Page) -> dict[str, Any]:
    """Return how the widget lies in the page: lengths in rem or em, and keywords of CSS."""
    result: dict[str, Any] = page.evaluate(_GEOMETRY)
    return result


def computed_style(page: Page, selector: str, *names: str) -> list[str]:
    """Return the computed values of some properties of the first such element."""
    script = (
        "([s, names]) => { const style = getComputedStyle(document.querySelector(s)); return names.map(n => style[n]) }"
    )
    values: list[str] = page.evaluate(script, [selector, names])
    return values


def sides(page: Page) -> list[str]:
    """Return, for each comment, the sides of its quotation bar, list and first column, and its code's direction."""
    result: list[str] = page.evaluate(
        """[...document.querySelectorAll('.pc-body')].map(body => {
        const quote = body.querySelector('blockquote'), item = body.querySelector('li'), cells = body.querySelectorAll('td');
        const box = (e) => e.getBoundingClientRect(), style = getComputedStyle(quote);
        return [style.borderLeftWidth > style.borderRightWidth ? 'left' : 'right', box(item).left > box(body).left + 9 ? 'left' : 'right',
          box(cells[0]).left < box(cells[1]).left ? 'left' : 'right', getComputedStyle(body.querySelector('pre')).direction].join() })"""
    )
    return result


def shown_images(page: Page) -> str:
    """Return the alternative text of the images that the page shows of a pair."""
    names: str = page.evaluate(
        "[...document.querySelectorAll('.pc-dark, .pc-light')].filter(e => e.checkVisibility()).map(e => e.alt).join()"
    )
    return names


def open_pair(page: Page, stage: Stage, head: str, **attributes: str) -> None:
    """Open a page that declares no colour scheme, with a comment that has an image for each scheme and a low one."""
    comments = httpx.get(f"{stage.api}posts/{SHOW}/comments?limit=1", trust_env=False).json()
    comments["comments"][0]["html"] = _PAIR
    page.route(
        f"{stage.api}posts/*/comments*",
        lambda route: route.fulfill(json=comments, headers={"access-control-allow-origin": "*"}),
    )
    url = stage.publish(stage.element(SHOW, loading="eager", **attributes), head=head)
    headers, text = stage.blog.pages["/post.html"]
    stage.blog.pages["/post.html"] = (headers, text.replace(b'<meta name="color-scheme" content="light dark">', b""))
    page.goto(url)
    page.wait_for_selector(".pc[data-scheme]")
    page.wait_for_function("getComputedStyle(document.querySelector('.pc-news')).display === 'grid'")
    page.unroute_all()


_GEOMETRY = """() => {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const find = (selector, from = document) => from.querySelector(selector);
  const box = (element) => element.getBoundingClientRect();
  const style = (element, pseudo) => getComputedStyle(element, pseudo);
  const em = (element) => parseFloat(style(element).fontSize);
  const round = (number) => Math.round(number * 100) / 100;
  const textBox = (node) => { const range = document.createRange(); range.selectNodeContents(node); return range.getBoundingClientRect() };
  const [first, second, third, last] = document.querySelectorAll('.pc-comment');
  const list = find('post-comments .pc-list');
  const avatar = find('.pc-avatar', first), picture = find('img', avatar), name = find('.pc-author', first), by = find('.pc-by', first);
  const body = find('.pc-body', first), other = find('.pc-body', second), late = find('.pc-body', third);
  const [ul, ol, tasks] = body.querySelectorAll(':scope > ul, :scope > ol');
  const [paragraph, next] = body.querySelectorAll(':scope > p');
  const item = find('li', ul), task = find('li', tasks), quote = find('blockquote', body);
  const heading = find('h3, h4, h5, h6', other), [emoji, badge] = find('p', other).querySelectorAll('img');
  const pre = find('pre', other), cell = find('td', other), select = find('.pc-order select'), write = find('.pc-write a');
  const code = find('.blob-code', late), title = find('.markdown-alert-title', late);
  const line = parseFloat(style(body).lineHeight);
  const comments = [first, second, third, last].map(c => style(c));
  return {
    avatar: [box(avatar).width / rem, box(avatar).height / rem, (box(avatar).left - box(first).left) / rem, (box(avatar).top - box(first).top) / rem].map(round),
    picture: ['left', 'top', 'width', 'height'].map(side => round(box(picture)[side] - box(avatar)[side])),
    name: [(box(name).left - box(avatar).right) / rem, (box(name).top - box(first).top) / em(by), em(name) / em(by)].map(round),
    name_weight: style(name).fontWeight,
    name_decoration: style(find('a', name)).textDecorationLine,
    body: [(box(body).left - box(first).left) / rem, (box(body).top - box(by).bottom) / rem, line / em(body)].map(round),
    replies: [...[second, third].map(c => parseFloat(style(c.parentElement).paddingInlineStart) / rem), (box(second).left - box(first).left) / rem > 1, parseFloat(style(second.parentElement).borderInlineStartWidth)],
    gaps: [(box(second).top - box(find('.pc-body', first)).bottom) / rem, (box(last).top - box(first).bottom) / rem, (box(list).top - box(find('.pc-head')).bottom) / rem].map(round),
    cards: comments.every(c => /^rgba\\(.*, 0\\)$/.test(c.backgroundColor) && c.borderTopWidth === '0px' && c.paddingLeft === '0px' && c.boxShadow === 'none' && c.marginTop === '0px'),
    section: [style(find('.pc')).borderTopWidth, style(find('.pc')).paddingTop, style(find('.pc')).marginTop],
    paragraphs: round((box(next).top - box(paragraph).bottom) / rem),
    weights: [find('strong', body), heading, find('th', other), title].map(e => style(e).fontWeight >= 600),
    slant: style(find('em', body)).fontStyle,
    list: [(box(item).left - box(body).left) / em(ul), (box(find('li li', ul)).left - box(item).left) / em(ul), (box(find('li', ol)).left - box(body).left) / em(ol)].map(round),
    markers: [item, find('li li', ul), find('li', ol), task].map(e => [style(e).listStyleType, style(e).display, style(e, '::before').content].join()),
    list_spaces: [box(ul.children[1]).top - box(item).bottom, box(ol).top - box(ul).bottom].map(n => round(n / rem)),
    task: round((textBox(task.firstChild).left - box(body).left) / em(tasks)),
    quote: [parseFloat(style(quote).paddingInlineStart) / rem, parseFloat(style(quote).borderInlineStartWidth), box(quote).height / line].map(round),
    heading: round(em(heading) / em(other)),
    inline: [emoji, badge].map(e => [round(box(e).width), round(box(e).height), box(e).top - box(find('p', other)).top < line]),
    line_of_images: round(box(find('p', other)).height / line / 2),
    pre: [(textBox(pre).left - box(other).left) / rem, em(pre) / em(other), parseFloat(style(pre).lineHeight) / em(pre)].map(round),
    mono: [pre, find('code', body), code].map(e => /mono/.test(style(e).fontFamily)),
    table: [parseFloat(style(cell).paddingLeft) / rem, parseFloat(style(cell).borderTopWidth), (box(cell).height - .6 * rem) / line].map(n => Math.round(n * 10) / 10),
    blob: [style(code).borderTopWidth, style(code).whiteSpace, style(code.previousElementSibling).display],
    alert: [parseFloat(style(title.parentElement).paddingInlineStart) / rem, parseFloat(style(title.parentElement).borderInlineStartWidth), parseFloat(style(title).paddingInlineStart) / em(title)].map(round),
    order: box(select).height < 2.6 * rem && box(select).width < 12 * rem && Math.abs(box(select).right - box(find('.pc')).right) < 2,
    write: round(box(write).width / box(find('.pc')).width),
    column: box(last).right <= box(find('.pc')).right + 1 && document.documentElement.scrollWidth <= innerWidth,
  }
}"""
