"""What a poll did, into the log."""

import structlog

from monitor.ingest.poll_report import PollReport

log = structlog.get_logger(__name__)


def log_report(what: str, report: PollReport) -> None:
    """A line for the whole, one for each transition, and one for each of the first ten bars that were kept out."""
    log.info(
        what,
        new=report.new,
        revised=report.revised,
        refused=report.refused,
        failed=len(report.failures),
        ms=report.ms,
        venues="; ".join(v.words for v in report.venues),
    )
    for transition in report.transitions:
        mend = {"mend": transition.remedy} if transition.remedy else {}
        (log.info if transition.well else log.warning)("venue", text=transition.text, **mend)
    for refusal in report.refusals[:10]:
        log.warning(
            "kept out",
            market=refusal.market_id or refusal.venue,
            reason=refusal.reason,
            detail=refusal.detail,
        )
