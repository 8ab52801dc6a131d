"""The vendors whose robots the relay can post to, one module each."""

from __future__ import annotations

from typing import Final

from .dingtalk import DINGTALK
from .feishu import FEISHU
from .slack import SLACK
from .vendor import Vendor
from .wecom import WECOM

VENDORS: Final[dict[str, Vendor]] = {
    vendor.name: vendor for vendor in (DINGTALK, WECOM, FEISHU, SLACK)
}
