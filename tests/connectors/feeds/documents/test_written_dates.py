"""Dates as outlets write them: each is read rightly, or not at all. Day and time are the same in every row."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.feeds.documents.dates import read, reading

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = datetime(2026, 11, 22, tzinfo=UTC)
TIME = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)

TIMES = """
22. новембар 2026. у 10:30
недеља, 22. новембра 2026. 10:30
Недеља, 22 нов 2026 10:30:00
nedelja, 22. novembar 2026. 10:30
ned, 22 nov 2026 10:30 GMT
nedjelja, 22. studenoga 2026. u 10:30
22. studeni 2026. 10.30
nedjelja, 22. novembra 2026. 10:30
nedelja, 22. november 2026 ob 10.30
недела, 22 ноември 2026 - 10:30
неделя, 22 ноември 2026 г., 10:30 ч.
e diel, 22 nëntor 2026, 10:30
22 Nëntor, 2026 10:30
воскресенье, 22 ноября 2026 г. 10:30
Вс, 22 ноя 2026 13:30:00 +0300
неділя, 22 листопада 2026 10:30
niedziela, 22 grudnia 2026 10:30|2026-12-22
22 września 2026, 10:30|2026-09-22
neděle 22. října 2026 10:30|2026-10-22
22. prosince 2026 10.30|2026-12-22
nedeľa 22. novembra 2026 10:30
2026. november 22., vasárnap 10:30
2026. szept. 22. 10:30|2026-09-22
duminică, 22 noiembrie 2026, 10:30
22 noi. 2026 10:30
Κυριακή, 22 Νοεμβρίου 2026 10:30
Κυρ, 22 Νοε 2026 12:30:00 +0200
22 Kasım 2026 Pazar 10:30
22 Ağustos 2026 - 10:30|2026-08-22
الأحد، 22 نوفمبر 2026 10:30
الأحد 22 تشرين الثاني 2026 - 10:30
22 كانون الأول 2026 10:30|2026-12-22
22 جويلية 2026 10:30|2026-07-22
22 نونبر 2026 - 10:30
٢٢ نوفمبر ٢٠٢٦ ١٠:٣٠
۲۲ نوامبر ۲۰۲۶ ۱۰:۳۰
2026年11月22日 10:30
2026年11月22日 10时30分
2026年11月22日（日） 午前10:30
２０２６年１１月２２日　１０時３０分
2026년 11월 22일 오전 10시 30분
2026. 11. 22. 10:30
Sonntag, 22. November 2026, 10:30 Uhr
So., 22. Nov. 2026 10.30 Uhr
22. März 2026 10:30|2026-03-22
dimanche 22 novembre 2026 à 10h30
mar. 22 déc. 2026 10:30|2026-12-22
domingo, 22 de noviembre de 2026, 10:30 h
22 de agosto de 2026 às 10:30|2026-08-22
domenica 22 novembre 2026 ore 10:30
22 gennaio 2026 10:30|2026-01-22
zondag 22 november 2026 10:30 uur
22 mrt. 2026 10:30|2026-03-22
söndag 22 november 2026 kl. 10:30
søndag den 22. november 2026 kl. 10.30
22. desember 2026 10:30|2026-12-22
sunnuntai 22. marraskuuta 2026 klo 10.30
Sun Nov 22 10:30:00 2026
Sun Nov 22 10:30:00 UTC 2026
Sun Nov 22 11:30:00 CET 2026
November 22nd, 2026 10:30 AM
Sunday, November 22, 2026 - 10:30
22 Nov 2026 10:30 am
22.11.2026 10:30
22.11.2026. 10:30:00
22.11.2026, 10.30
22/11/2026 10:30
11/22/2026 10:30 AM
2026/11/22 10:30
2026-11-22 10:30 AM
20261122T103000Z
20261122103000
1795343400
1795343400000
Sun, 22 Nov 2026 12:30:00 MEST
Sun, 22 Nov 2026 12:30:00 CEST
Sun, 22 Nov 2026 12:30:00 +02:00
Sun, 22 Nov 2026 12:30:00 GMT+2
Sun, 22 Nov 2026 12:30:00 UTC+02:00
Sun, 22 Nov 2026 11:30:00 MEZ
Sun, 22 Nov 2026 10:30:00 Z
22-Nov-2026 10:30
"""

DAYS = """
22. новембар 2026.
22. listopada 2026.|2026-10-22|hr
22 listopada 2026|2026-11-22|pl
22. listopad 2026|2026-11-22|cs
22 lip 2026|2026-06-22|hr
22 lip 2026|2026-07-22|pl
22 shkurt 2026|2026-02-22
22.11.2026
22. 11. 2026.
2026.11.22
20261122
2026年11月22日
1º de março de 2026|2026-03-01
"""

UNREADABLE = """
03/04/2026
03-04-2026 10:30
22/11/26
22.11.26
22 listopada 2026
22 lip 2026 10:30
30. februar 2026.
31.04.2026
22.13.2026
Sun, 22 Nov 2026 10:30:00 IST
Sun, 22 Nov 2026 10:30:00 XYZT
22 Nov 2026 15:30 am
22 Nov 2026 25:30
3:00 5 March 2026 12 comments
5 March 2026 - 7 March 2026
22 Smarch 2026
Updated yesterday at 10:30
10:30
November 2026
令和8年11月22日
22 آبان
1795343
17953434000001
2026-W47-7
"""


def rows(table: str) -> list[list[str]]:
    return [line.split("|") for line in table.strip().splitlines()]


@pytest.mark.parametrize("row", rows(TIMES), ids=lambda row: row[0])
def test_a_time_is_read(row: list[str]) -> None:
    raw, *other = row
    day = datetime.fromisoformat(other[0]).replace(hour=10, minute=30, tzinfo=UTC) if other else TIME
    assert read(raw, reading(NOW)) == day


@pytest.mark.parametrize("row", rows(DAYS), ids="".join)
def test_a_day_is_read(row: list[str]) -> None:
    raw, day, language = (*row, "", "")[:3]
    assert read(raw, reading(NOW, language=language)) == (
        datetime.fromisoformat(day).replace(tzinfo=UTC) if day else DAY
    )


@pytest.mark.parametrize("row", rows(UNREADABLE), ids=lambda row: row[0])
def test_what_could_be_two_dates_or_none_is_not_read(row: list[str]) -> None:
    assert read(row[0], reading(NOW)) is None
