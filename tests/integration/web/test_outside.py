"""Vendors' figures beside ours: on the page, in its CSV, in the API's sectors and in the day's report."""

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.content.report import report_text
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.reporting.gather import gather_day
from monitor.store.vendor_readings import save_vendor_readings
from tests.integration.store.samples import FIVE, at
from tests.integration.web.conftest import CLOSE, UNIVERSE, Site
from tests.integration.web.test_app import words

Fill = Callable[[], None]
DAY = at("2025-01-18")
READ = CLOSE - timedelta(hours=5)


def reading(
    figure: VendorFigure,
    value: float,
    day: datetime = DAY,
    asked_at: datetime = READ,
    source: str = "defillama",
) -> VendorReading:
    subject = "VIRTUAL" if figure.of_day else "ai-agents"
    return VendorReading(subject, figure, value, day, source, asked_at)


def vendors_said(site: Site) -> None:
    """Of Virtuals' day, and CoinGecko's category at the last close but one."""
    then = CLOSE - FIVE + timedelta(minutes=1)
    with site.database.write() as conn:
        save_vendor_readings(
            conn,
            [
                reading(VendorFigure.DAILY_FEES, 800_000.0),
                reading(VendorFigure.DAILY_REVENUE, 310_000.0),
                reading(VendorFigure.DAILY_VOLUME_FROM_FEES, 80e6),
                reading(VendorFigure.MARKET_CAP, 9.1e9, then, then, "coingecko"),
                reading(VendorFigure.CHANGE_24H, -0.0347, then, then, "coingecko"),
                reading(VendorFigure.CHANGE_24H, 0.9, CLOSE + FIVE, CLOSE + FIVE, "sosovalue"),
            ],
        )


def test_nothing_stands_on_the_page_where_no_vendor_is_read(site: Site, fill: Fill) -> None:
    fill()
    assert "beside ours" not in site.get("/").text
    assert site.get("/api/sectors").json()["activity"] == []
    assert site.get("/csv/activity.csv").text.startswith("protocol,source,day,")


def test_the_page_and_its_csv_show_them_beside_ours(site: Site, fill: Fill) -> None:
    fill()
    vendors_said(site)
    text = words(site.get("/").text)
    assert "Activity of tokens' protocols, last known UTC day" in text
    assert "Virtuals DefiLlama 2025-01-18 ~$80.0 M $800 k $310 k" in text
    assert "By others, shown beside ours and never part of a flag." in text
    assert "SoSoValue" not in text  # read after the last step: not known then
    ours = site.get("/api/sectors").json()["sectors"][0]
    rows = site.get("/csv/references.csv").text.splitlines()
    assert rows[0].split(",")[:5] == [
        "sector",
        "source",
        "market_cap_usd",
        "our_market_cap_usd",
        "cap_over_theirs_fraction",
    ]
    found = rows[1].split(",")
    assert found[:3] == ["ai-agents", "coingecko", "9100000000.0"]
    assert float(found[3]) == ours["market_cap_usd"]
    assert float(found[4]) == ours["market_cap_usd"] / 9.1e9 - 1


def test_sectors_of_the_api_have_them_with_the_difference(site: Site, fill: Fill) -> None:
    fill()
    vendors_said(site)
    answer = site.get("/api/sectors").json()
    (activity,) = answer["activity"]
    assert activity == {
        "token": "VIRTUAL",
        "source": "defillama",
        "day": "2025-01-18T00:00:00Z",
        "asked_at": "2025-01-19T06:35:00Z",
        "volume_usd": 80e6,
        "volume_from_fees": True,
        "fees_usd": 800_000.0,
        "revenue_usd": 310_000.0,
        "token_volume_24h_usd": activity["token_volume_24h_usd"],
    }
    assert activity["token_volume_24h_usd"] is not None
    (reference,) = answer["references"]
    ours = answer["sectors"][0]["return_24h"]
    assert reference["change_24h"] == -0.0347
    assert reference["change_difference"] == ours + 0.0347
    early = site.get("/api/sectors?at=2025-01-19T11:25:00Z").json()
    assert early["references"] == []


def test_the_report_of_the_day_tells_them(site: Site, fill: Fill) -> None:
    fill()
    vendors_said(site)
    late = at("2025-01-20T07:00")
    with site.database.write() as conn:
        save_vendor_readings(
            conn, [reading(VendorFigure.DAILY_FEES, 5e5, DAY + timedelta(days=1), late)]
        )
    facts = gather_day(site.database, UNIVERSE, day=CLOSE.date(), zone="UTC", width=FIVE, now=late)
    text = " ".join(report_text(facts).split())
    assert (
        "DefiLlama says of Virtuals on 18 Jan 2025: volume $80.0 M (fees over their rate), fees $800 k and revenue $310 k;"
        in text
    )
    assert "CoinGecko says AI agents & co in 24 h -3.5 %" in text.replace("<b>", "").replace(
        "</b>", ""
    )
