"""The routes of restricted records."""

from engage.api.restricted import marking, report

ROUTES = (
    marking.get_restriction,
    marking.put_restriction,
    marking.delete_restriction,
    marking.post_break_glass,
    report.list_openings,
    report.list_reads,
    report.post_acknowledge,
)
