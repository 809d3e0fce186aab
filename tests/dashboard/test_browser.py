"""The page in a real browser: what an analyst sees, and what an attacker's feed cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Dialog, expect
from playwright.sync_api import Page as Tab

from schemas.feed import FeedStatus
from schemas.hit import Span
from tests.dashboard.newsroom import FEED, Newsroom, Page, entry, keep, news
from tests.samples import NOON

pytestmark = pytest.mark.browser

WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => {
  window.violations = [...(window.violations || []), `${event.violatedDirective} ${event.blockedURI}`];
});
"""


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    yield from opened(browser)


@pytest.fixture
def plain_tab(browser: Browser) -> Iterator[Tab]:
    yield from opened(browser, java_script_enabled=False)


def opened(browser: Browser, **options: Any) -> Iterator[Tab]:
    context = browser.new_context(timezone_id="Europe/Belgrade", locale="en-GB", **options)
    context.set_default_timeout(10_000)
    tab = context.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    yield tab
    context.close()
    assert faults == []


def live(tab: Tab, page: Page, path: str = "/") -> None:
    """Open the page and wait until its stream stands."""
    tab.goto(page.address + path)
    expect(tab.locator("#state")).to_have_text("live")


def test_a_hit_is_shown_in_its_own_script_with_its_words_marked(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    hit = news(
        1, "Пуцњава у Бањској", "Полиција на Косову.", words=["Бањској"], language="sr-Cyrl", watchlist="banjska"
    )
    newsroom.publish(hit)
    live(tab, page)
    story = tab.locator("article")
    expect(story.locator("h2 mark")).to_have_text("Бањској")
    expect(story.locator("h2")).to_have_attribute("lang", "sr-Cyrl")
    expect(story.locator("time.seen")).to_have_attribute("title", "2026-11-22 12:00:01 UTC")
    expect(story.locator("time.seen")).to_contain_text("13:00")
    expect(story.locator(".tag")).to_have_attribute("title", "Serbian (Cyrillic)")
    expect(tab.get_by_role("log").get_by_role("article")).to_have_count(1)


def test_a_new_hit_appears_by_itself_and_leaves_the_focus_alone(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    newsroom.publish(news(1, "Kosovo one", words=["Kosovo"]))
    live(tab, page)
    tab.evaluate("window.sameDocument = true")
    tab.get_by_role("link", name="Kosovo one").focus()
    newsroom.publish(news(3, "Косово три", words=["Косово"]), news(2, "Kosovo two", words=["Kosovo"]))
    expect(tab.locator("h2")).to_have_text(["Косово три", "Kosovo two", "Kosovo one"])
    expect(tab.get_by_role("link", name="Kosovo one")).to_be_focused()
    assert tab.evaluate("window.sameDocument")


def test_live_hits_make_the_same_page_as_a_reload(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    live(tab, page)
    title, body = "Kosovo: attack in Banjska 💥", "In Banjska 💥 Kosovo police; later also Kosovo army."
    newsroom.publish(
        news(1, title, body, words=["Banjska"], watchlist="banjska", severity="high"),
        news(1, title, body, words=["Kosovo"]),
        news(2, "Other Kosovo", words=["Kosovo"]),
    )
    newsroom.publish(news(1, title, body, words=["Banjska 💥 Kosovo"], watchlist="third"))
    expect(tab.locator(".line")).to_have_count(4)
    shown = """() => [...document.querySelectorAll("article")].map((story) => [
      story.id, story.querySelector("h2").innerHTML,
      [...story.querySelectorAll(".excerpt")].map((excerpt) => excerpt.innerHTML),
      [...story.querySelectorAll(".line")].map((line) => line.id).sort()])"""
    arrived = tab.evaluate(shown)
    tab.reload()
    assert arrived == tab.evaluate(shown)
    assert len(arrived) == 2


def test_an_edit_of_a_shown_article_joins_it_and_moves_it_up(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    newsroom.publish(news(1, "Kosovo talks", words=["Kosovo"]), news(2, "Other Kosovo", words=["Kosovo"]))
    live(tab, page)
    later = NOON + timedelta(minutes=5)
    newsroom.publish(news(1, "Kosovo talks fail", words=["Kosovo"], seen_at=later, op="update"))
    expect(tab.locator("article").first.locator(".wording")).to_have_text("Kosovo talks fail")
    expect(tab.locator("article").first.locator(".wording mark")).to_have_text("Kosovo")
    expect(tab.locator("article")).to_have_count(2)


def test_the_filter_is_in_the_address_and_holds_for_live_hits(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    newsroom.publish(news(1, "Kosovo one"), news(2, "Banjska two", watchlist="banjska"))
    live(tab, page)
    tab.get_by_label("Watchlist").select_option("banjska")
    tab.get_by_role("button", name="Show").click()
    expect(tab.locator("h2")).to_have_text(["Banjska two"])
    assert "watchlist=banjska" in tab.url
    expect(tab.locator("#state")).to_have_text("live")
    newsroom.publish(news(3, "Kosovo three"), news(4, "Banjska four", watchlist="banjska"))
    expect(tab.locator("h2")).to_have_text(["Banjska four", "Banjska two"])
    tab.get_by_role("link", name="Clear").click()
    expect(tab.locator("h2")).to_have_count(4)


def test_pause_holds_hits_back_and_resume_shows_them(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    live(tab, page)
    pause = tab.locator("#pause")
    pause.focus()
    tab.keyboard.press("Enter")
    expect(pause).to_have_attribute("aria-pressed", "true")
    expect(tab.locator("#state")).to_have_text("paused")
    newsroom.publish(news(1, "Kosovo one"), news(2, "Kosovo two"))
    expect(pause).to_have_text("Resume (2 new)")
    expect(tab.locator("article")).to_have_count(0)
    expect(tab.locator("#empty")).to_be_visible()
    tab.keyboard.press("Enter")
    expect(tab.locator("h2")).to_have_text(["Kosovo two", "Kosovo one"])
    expect(tab.locator("#empty")).to_be_hidden()
    expect(pause).to_have_text("Pause")


def test_the_top_bar_follows_the_feeds(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    live(tab, page)
    expect(tab.locator("#feeds-indicator")).to_have_class("indicator is-fine")
    newsroom.polled(FEED, FeedStatus.GONE, "the server answered 410", failures=1)
    expect(tab.locator("#feeds-indicator")).to_have_class("indicator is-problem")
    expect(tab.locator("#feeds-indicator")).to_have_text("1 of 1 feeds needs attention")


def test_everything_can_be_reached_and_used_with_the_keyboard(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    newsroom.publish(news(1, "Kosovo one", words=["Kosovo"]))
    live(tab, page)
    reached: list[str] = []
    while len(reached) < 40:
        tab.keyboard.press("Tab")
        place = tab.evaluate("document.activeElement.textContent.trim().split('\\n')[0]")
        if tab.evaluate("document.activeElement === document.body") or place in reached[:1]:
            break
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", place
        reached.append(place)
    wanted = [
        "Skip to content",
        "wirewatch",
        "Live hits",
        "Feeds",
        "Pause",
        "Show",
        "Kosovo one",
        "versions and sightings",
    ]
    assert [place for place in reached if place in wanted] == wanted
    tab.goto(page.address)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()


def test_the_page_works_without_javascript(newsroom: Newsroom, page: Page, plain_tab: Tab) -> None:
    newsroom.publish(
        news(1, "Косово један", words=["Косово"], language="sr-Cyrl"), news(2, "Banjska two", watchlist="banjska")
    )
    plain_tab.goto(page.address)
    expect(plain_tab.locator("h2")).to_have_text(["Banjska two", "Косово један"])
    expect(plain_tab.locator("#pause")).to_be_hidden()
    expect(plain_tab.locator("time.seen").first).to_have_text("22 Nov 12:00 UTC")
    plain_tab.get_by_label("Language").select_option("sr-Cyrl")
    plain_tab.get_by_role("button", name="Show").click()
    expect(plain_tab.locator("h2 mark")).to_have_text(["Косово"])
    plain_tab.get_by_role("link", name="Feeds", exact=True).click()
    expect(plain_tab.locator("tbody tr")).to_have_count(1)


def test_a_page_fits_a_narrow_phone_and_right_to_left_text_begins_at_the_right(
    newsroom: Newsroom, page: Page, tab: Tab
) -> None:
    newsroom.publish(
        news(1, "مجلس الأمن يبحث قرار 1244 بشأن كوسوفو", "قال الممثل الخاص", words=["كوسوفو"], language="ar"),
        news(2, "Kosovo" * 60, "Kosovo" * 60, url="https://" + "long." * 40 + "example/"),
    )
    newsroom.polled(FEED, FeedStatus.HTML, "a web page, no feed " + "x" * 200, failures=3)
    tab.set_viewport_size({"width": 320, "height": 700})
    for path in ("/", "/feeds"):
        tab.goto(page.address + path)
        assert tab.evaluate("document.documentElement.scrollWidth") == 320
    assert tab.locator("caption").bounding_box()["width"] > 200  # type: ignore[index] # it is on the page
    tab.goto(page.address)
    assert tab.locator('h2[lang="ar"]').evaluate("(title) => getComputedStyle(title).direction") == "rtl"


def test_hits_missed_while_the_server_was_away_appear_when_it_is_back(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    newsroom.publish(news(1, "Kosovo one"))
    live(tab, page)
    tab.context.set_offline(offline=True)
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    newsroom.publish(news(2, "Kosovo two"))
    tab.context.set_offline(offline=False)
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(tab.locator("h2")).to_have_text(["Kosovo two", "Kosovo one"])


ATTACKS = [
    "<script>alert(1)</script>",
    "</mark></a><script src=https://evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://evil.example/pixel.gif>",
    "<svg/onload=alert(1)><animate onbegin=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<style>@import 'https://evil.example/a.css';*{display:none}</style>",
    "<link rel=stylesheet href=https://evil.example/a.css><base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    '" onmouseover="alert(1)" autofocus onfocus="alert(1)" x="',
    "' onclick='alert(1)' '",
    "{{ 7*7 }}{% raw %}<b>",
    '<math><mtext></table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "\u202ekcatta lanigiro\u202c \u2066x\u2069",
    "\x00\x1b[31mred\x7f <details open ontoggle=alert(1)>",
    "data: x\n\nevent: hit\ndata: <script>alert(1)</script>\n\n",
    "\u2028</script><script>alert(1)</script>",
    '<template><script>alert(1)</script></template><noscript><p title="</noscript><img src=x onerror=alert(1)>">',
]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    'https://ok.example/" onmouseover="alert(1)',
    "//evil.example/",
    "blob:https://evil.example/1",
]


def attack_hit(number: int, text: str, address: str) -> Any:
    body = f"before {text} Kosovo {text} after"
    return msgspec.structs.replace(
        news(number, f"{text} Kosovo", body, url=address),
        spans=(
            Span("title", 0, len(text), text, text, text),
            Span("body", 7, 7 + len(text), text, text, "alias" + text),
        ),
        source=text,
        country=text,
        language="en" if number % 2 else '"><script>alert(1)</script>',
        watchlist_name=text,
        query=text,
    )


def test_nothing_a_feed_writes_can_run_load_or_disguise(newsroom: Newsroom, page: Page, tab: Tab) -> None:
    dialogs: list[str] = []
    requests: list[str] = []
    complaints: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    tab.on("dialog", refuse)
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    tab.add_init_script(WATCH_POLICY)
    hits = [
        attack_hit(number, text, ADDRESSES[number % len(ADDRESSES)]) for number, text in enumerate(ATTACKS, start=1)
    ]
    half = len(hits) // 2
    newsroom.publish(*hits[:half])
    newsroom.polled(FEED, FeedStatus.MALFORMED, "".join(ATTACKS), failures=1)
    for number, text in enumerate(ATTACKS, start=1):
        keep(newsroom.index, entry(number, f"{text} Kosovo", f"before {text} Kosovo {text} after", url=ADDRESSES[0]))

    live(tab, page)
    newsroom.publish(*hits[half:])
    expect(tab.locator("article")).to_have_count(len(hits))
    for link in tab.locator("main article a[href]").all():
        assert (link.get_attribute("href") or "").startswith(("/", "https://ok.example/")), link.get_attribute("href")
        link.hover(force=True)
    assert (
        tab.locator("main :is(script, img, svg, iframe, style, link, meta, base, math, template, details)").count() == 0
    )
    handlers = """() => [...document.querySelectorAll("*")].flatMap((element) =>
      element.getAttributeNames().filter((name) => name.startsWith("on")))"""
    assert tab.evaluate(handlers) == []
    shown = tab.locator("main").inner_text()
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b")
    assert "<img src=x onerror=alert(1)>" in shown
    assert "{{ 7*7 }}" in shown
    violations = list(tab.evaluate("window.violations || []"))
    for path in [
        "/feeds",
        *(f"/articles/{hit.article_id}" for hit in hits),
        "/?watchlist=%3Cimg src=x onerror=alert(1)%3E",
    ]:
        tab.goto(page.address + path)
        violations += tab.evaluate("window.violations || []")
    foreign = [url for url in requests if not url.startswith(page.address + "/")]
    assert (dialogs, violations, foreign, complaints) == ([], [], [], [])
    assert len(requests) > len(hits)
