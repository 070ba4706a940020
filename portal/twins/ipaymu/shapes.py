"""The JSON objects of iPaymu, written from the twin's records. Local times without a zone, money as its mood is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.twins.ipaymu.channels import CHANNELS, METHODS, Channel
from portal.twins.ipaymu.ledger import Merchant, Transaction
from portal.twins.ipaymu.switches import Switches

WIB = timedelta(hours=7)
WORDS = {
    -2: "Expired",
    0: "Pending",
    1: "Berhasil",
    2: "Batal",
    3: "Refund",
    4: "Error",
    5: "Gagal",
    6: "Berhasil - Unsettled",
    7: "Escrow",
}
_NO_DATE = {"null": None, "dash": "-", "blank": ""}
Shape = dict[str, Any]


def local(stamp: str) -> str:
    """An instant as iPaymu writes it: the time in Jakarta, without saying so."""
    return (datetime.fromisoformat(stamp) + WIB).strftime("%Y-%m-%d %H:%M:%S")


def envelope(switches: Switches, told: Any, message: str = "Success") -> Shape:
    body: Shape = {"Status": 200, "Success": True, "Message": message, "Data": told}
    if switches.omits_success:
        del body["Success"]
    return body


def session_id(switches: Switches, sid: str) -> str:
    return sid.upper() if switches.has_upper_sessions else sid


def money(switches: Switches, amount: int) -> int | str:
    return str(amount) if switches.tells_numbers_as_text else amount


def transaction(switches: Switches, row: Transaction, merchant: Merchant) -> Shape:
    """As a check tells it."""

    def date(stamp: str) -> str | None:
        return local(stamp) if stamp else _NO_DATE[switches.empty_dates]

    return {
        "TransactionId": row.id,
        "SessionId": session_id(switches, row.sid) if not row.is_direct else row.sid,
        "ReferenceId": row.reference,
        "RelatedId": 0,
        "Sender": "System",
        "Receiver": merchant.name,
        "SubTotal": money(switches, row.sub_total),
        "Amount": money(switches, row.amount),
        "Fee": money(switches, row.fee),
        "Status": row.status,
        "StatusDesc": WORDS.get(row.status, "Unknown"),
        "PaidStatus": "paid" if row.is_paid else "unpaid",
        "IsLocked": False,
        "Type": row.kind,
        "TypeDesc": row.says,
        "Notes": row.notes,
        "CreatedDate": date(row.created_at),
        "ExpiredDate": date(row.expires_at),
        "SuccessDate": date(row.paid_at),
        "SettlementDate": date(row.settled_at),
        "PaymentChannel": row.channel.upper(),
        "PaymentCode": row.payment_no,
        "BuyerName": row.buyer.name,
        "BuyerPhone": row.buyer.phone,
        "BuyerEmail": row.buyer.email,
    }


def listed(switches: Switches, row: Transaction, merchant: Merchant) -> Shape:
    """As the history tells it."""
    told = transaction(switches, row, merchant)
    del told["IsLocked"]
    return told | {"IsEscrow": row.status == 7}


def direct(switches: Switches, row: Transaction, merchant: Merchant, public_url: str) -> Shape:
    """The answer to a direct payment; of a QR code its text and pictures, of a wallet or card its page."""
    total = row.amount
    told: Shape = {
        "SessionId": row.sid,
        "TransactionId": row.id,
        "ReferenceId": row.reference,
        "Via": row.via.upper(),
        "Channel": row.channel.upper(),
        "PaymentNo": row.payment_no,
        "PaymentName": f"iPaymu {merchant.name}",
        "SubTotal": money(switches, row.sub_total),
        "Total": money(switches, total),
        "Fee": money(switches, row.fee),
        "FeeDirection": row.bears,
        "Expired": local(row.expires_at),
    }
    if row.via == "qris":
        told |= {
            "QrString": row.payment_no,
            "QrImage": f"{public_url}/qr/{row.id}",
            "QrTemplate": f"{public_url}/qr/template/{row.id}",
            "Terminal": "A01",
            "NNSCode": "93600503",
        }
    elif row.via in ("ewallet", "cc", "paylater"):
        told |= {"Url": f"{public_url}/pay/{row.id}", "PaymentNo": ""}
    return told


def channel(one: Channel) -> Shape:
    percent = float(one.share * 100)
    return {
        "Code": one.code,
        "Name": one.name,
        "Description": one.name,
        "Logo": "",
        "PaymentInstructionsDoc": "",
        "FeatureStatus": "active",
        "HealthStatus": "online",
        "TransactionFee": {
            "ActualFee": percent if one.share else one.flat,
            "ActualFeeType": "PERCENT" if one.share else "FLAT",
            "AdditionalFee": one.flat if one.share else 0,
        },
    }


def channels() -> list[Shape]:
    """All of them by method; one method has none at all, as the real list has."""
    told = [
        {
            "Code": via,
            "Name": name,
            "Description": name,
            "Channels": [channel(one) for one in CHANNELS.values() if one.via == via],
        }
        for via, name in METHODS.items()
    ]
    return [*told, {"Code": "ewallet-asia", "Name": "E-Wallet se-ASIA", "Description": "E-Wallet se-ASIA"}]
