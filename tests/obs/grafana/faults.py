"""Faults that people make in dashboards, each done to a copy of the wall."""

from collections.abc import Callable

from tests.obs.grafana.dashboards import Dashboard, panel

FAULTS: dict[str, Callable[[Dashboard], object]] = {}


def fault(function: Callable[[Dashboard], object]) -> Callable[[Dashboard], object]:
    FAULTS[function.__name__] = function
    return function


@fault
def panel_type_misspelt(d: Dashboard) -> None:
    panel(d, "stat")["type"] = "stats"


@fault
def refresh_is_a_number(d: Dashboard) -> None:
    d["refresh"] = 5


@fault
def tooltip_mode_unknown(d: Dashboard) -> None:
    d["graphTooltip"] = "shared"


@fault
def colour_mode_of_a_stat_unknown(d: Dashboard) -> None:
    panel(d, "stat")["options"]["colorMode"] = "solid"


@fault
def colour_mode_of_the_fields_unknown(d: Dashboard) -> None:
    panel(d, "stat")["fieldConfig"]["defaults"]["color"] = {"mode": "threshold"}


@fault
def bars_point_nowhere(d: Dashboard) -> None:
    panel(d, "bargauge")["options"]["orientation"] = "sideways"


@fault
def cell_height_unknown(d: Dashboard) -> None:
    panel(d, "table")["options"]["cellHeight"] = "xl"


@fault
def cell_type_unknown(d: Dashboard) -> None:
    for override in panel(d, "table")["fieldConfig"]["overrides"]:
        for each in override["properties"]:
            if each["id"] == "custom.cellOptions":
                each["value"]["type"] = "colour-background"


@fault
def matcher_unknown(d: Dashboard) -> None:
    panel(d, "table")["fieldConfig"]["overrides"][0]["matcher"]["id"] = "byTitle"


@fault
def transformation_unknown(d: Dashboard) -> None:
    panel(d, "table")["transformations"][0]["id"] = "join"


@fault
def key_misspelt(d: Dashboard) -> None:
    panel(d, "stat")["repeatDirektion"] = "h"


@fault
def data_source_by_its_name(d: Dashboard) -> None:
    panel(d, "stat")["datasource"] = "Prometheus"


@fault
def variable_type_unknown(d: Dashboard) -> None:
    d["templating"]["list"][1]["type"] = "label"


@fault
def place_is_a_text(d: Dashboard) -> None:
    panel(d, "stat")["gridPos"]["w"] = "3"


@fault
def promql_does_not_parse(d: Dashboard) -> None:
    panel(d, "stat")["targets"][0]["expr"] += ")"


@fault
def metric_nobody_exports(d: Dashboard) -> None:
    target = panel(d, "stat")["targets"][0]
    target["expr"] = target["expr"].replace("waiting_buyers", "waiting_customers")


@fault
def variable_not_defined(d: Dashboard) -> None:
    target = panel(d, "stat")["targets"][0]
    target["expr"] = target["expr"].replace("$shop", "$store")


@fault
def unit_unknown(d: Dashboard) -> None:
    panel(d, "stat", 2)["fieldConfig"]["defaults"]["unit"] = "secs"


@fault
def two_panels_of_one_id(d: Dashboard) -> None:
    panel(d, "stat", 1)["id"] = panel(d, "stat")["id"]


@fault
def two_queries_of_one_letter(d: Dashboard) -> None:
    panel(d, "timeseries")["targets"][1]["refId"] = "A"


@fault
def panels_overlap(d: Dashboard) -> None:
    panel(d, "table")["gridPos"]["x"] -= 1


@fault
def wider_than_the_screen(d: Dashboard) -> None:
    panel(d, "bargauge", 2)["gridPos"]["w"] += 1


@fault
def below_the_screen(d: Dashboard) -> None:
    panel(d, "timeseries")["gridPos"]["h"] += 1


@fault
def thresholds_do_not_ascend(d: Dashboard) -> None:
    panel(d, "stat", 1)["fieldConfig"]["defaults"]["thresholds"]["steps"].reverse()


@fault
def threshold_of_its_own(d: Dashboard) -> None:
    panel(d, "stat", 1)["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = 90


@fault
def colour_of_its_own(d: Dashboard) -> None:
    panel(d, "stat", 1)["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["color"] = "red"


@fault
def description_missing(d: Dashboard) -> None:
    panel(d, "stat")["description"] = ""


@fault
def counter_without_rate(d: Dashboard) -> None:
    panel(d, "stat")["targets"][0]["expr"] = "sum (chatpulse_events_total)"


@fault
def sorts_by_no_column(d: Dashboard) -> None:
    sort = next(t for t in panel(d, "table")["transformations"] if t["id"] == "sortBy")
    sort["options"]["sort"][0]["field"] = "最久"


@fault
def link_to_no_dashboard(d: Dashboard) -> None:
    d["links"][0]["url"] = "/d/chatpulse-shops"


@fault
def can_be_edited(d: Dashboard) -> None:
    d["editable"] = True
