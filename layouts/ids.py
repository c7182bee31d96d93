"""Names of everything on the page that a script or a callback must find.

Knows the names. Refuses to know what is done with them. docs/feed.md is the contract for the first group.
"""

from __future__ import annotations

# Written by the page, answered by a callback (docs/feed.md).
COMMAND = "command"
OUTCOME = "outcome"
OUTCOME_SHOWN = "outcome-shown"
"""Nobody reads it: Dash wants an output for the script that shows an outcome."""
WHOIS_QUERY = "whois-query"
WHOIS = "whois"
PLACE_QUERY = "place-query"
PLACE = "place-answer"
PLACE_SHOWN = "place-shown"
SEARCH_QUERY = "search-query"
SEARCH = "search-answer"
SEARCH_SHOWN = "search-shown"
AUDIT_QUERY = "audit-query"
AUDIT = "audit"
AUDIT_SHOWN = "audit-shown"
COVERAGE_QUERY = "coverage-query"
COVERAGE = "coverage"
COVERAGE_SHOWN = "coverage-shown"
REACH_QUERY = "reach-query"
REACH = "reach"
REACH_SHOWN = "reach-shown"
"""Nobody reads it, as above."""
CLOSER_QUERY = "closer-query"
CLOSER = "closer"
CLOSER_SHOWN = "closer-shown"
RECOMMEND_QUERY = "recommend-query"
RECOMMENDATION = "recommendation"
TOGETHER_QUERY = "together-query"
TOGETHER = "together"
SELECTION = "selection"
STORES = (
    COMMAND,
    OUTCOME,
    OUTCOME_SHOWN,
    CLOSER_QUERY,
    CLOSER,
    CLOSER_SHOWN,
    RECOMMEND_QUERY,
    TOGETHER_QUERY,
    SELECTION,
)
"""The stores of the frame; the map panel brings WHOIS_QUERY with it."""

# The frame.
BOARD = "board"
BANNER = "banner"
LINK_STATE = "link-state"
SOURCES = "sources"
SUMMARY = "summary"
ALARM = "alarm"
AID_ALARM = "aid-alarm"
CLOCK = "clock"
ACTING_BUTTON = "acting-button"
THEME_BUTTON = "theme-button"
HELP_BUTTON = "help-button"
RESULT_LINE = "result-line"

# Panels filled by scripts from the feed.
INCIDENT_LIST = "incident-list"
INCIDENT_COUNT = "incident-count"
INCIDENT_NEW = "incident-new"
REPORT_BUTTON = "report-button"
REPORT_DIALOG = "report-dialog"
AGENCY_LIST = "agency-list"
AGENCY_COUNT = "agency-count"
AGENCY_ALL = "agency-all"
STATUS_CHIPS = "status-chips"
DETAIL_HEAD = "detail-head"
DETAIL_RESPONSIBLE = "detail-responsible"
LANES = "lanes"
LANE_AXIS = "lane-axis"
LANE_FLAGS = "lane-flags"
LOG_LIST = "log-list"
LOG_TITLE = "log-title"
LOG_COUNT = "log-count"
NOTE_BOX = "note-box"
NOTE_LABEL = "note-label"
SIDE_TABS = "side-tabs"
TAB_RECOMMENDED = "tab-recommended"
TAB_UNITS = "tab-units"
TAB_TOGETHER = "tab-together"
TAB_AID = "tab-aid"
PANEL_AID = "panel-aid"
AID = "aid"
PANEL_RECOMMENDED = "panel-recommended"
PANEL_UNITS = "panel-units"
PANEL_TOGETHER = "panel-together"
UNIT_SEARCH = "unit-search"
UNIT_COUNT = "unit-count"
UNIT_LIST = "unit-list"
UNIT_CARD = "unit-card"
WHOIS_PANEL = "whois-panel"
