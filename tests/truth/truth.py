#!/usr/bin/env python3
"""What the invoices of a CSV file come to, computed apart from Orderflow and by nothing but Python.

    truth.py FILE.csv[.gz]                           prints the truth as JSON
    truth.py FILE --compare http://127.0.0.1:8080    compares it with the sales reports of a running server
    truth.py FILE --summary out.json                 compares it with the summary that `orderflow load` wrote

Comparisons list what differs and end with status 1 if there is one. A comparison with a server needs one that
holds this file alone, with no order cancelled.
"""

import argparse
import csv
import gzip
import json
import re
import sys
import urllib.parse
import urllib.request
from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal

SHOWN = 40
PENNY = Decimal("0.01")
QUANTITY = "quantity not positive"
PRICE = "price not positive"
CREDIT_NOTE = "credit note not yet handled"
ADJUSTMENT = "accounting adjustment"
NO_VALID_ROW = "no valid row"


class Sales:
    """Sums under one key. An order counts once however many of its lines fall under the key."""

    def __init__(self):
        self.invoices = set()
        self.lines = 0
        self.units = 0
        self.revenue = Decimal("0.00")

    def add(self, invoice, quantity, total):
        self.invoices.add(invoice)
        self.lines += 1
        self.units += quantity
        self.revenue += total

    def as_json(self):
        return {
            "orders": len(self.invoices),
            "lines": self.lines,
            "units": self.units,
            "revenue": str(self.revenue),
        }


def read(path):
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8", newline="") if packed else open(
        path, encoding="utf-8", newline=""
    ) as file:
        for row in csv.DictReader(file):
            yield {name: value.strip() for name, value in row.items()}


def truth(path):
    rows = list(read(path))
    # An order is placed at the earliest time on any row of its invoice. ISO 8601 sorts as text.
    placed_at = {}
    for row in rows:
        invoice, time = row["invoice"], row["invoice_date"]
        placed_at[invoice] = min(time, placed_at.get(invoice, time))

    skipped_rows = Counter()
    whole = Sales()
    by = {"month": {}, "day": {}, "product": {}, "country": {}}
    country = {}
    lines = []
    for row in rows:
        invoice, quantity, price = row["invoice"], int(row["quantity"]), Decimal(row["price"])
        if re.fullmatch("C[0-9]+", invoice):
            skipped_rows[CREDIT_NOTE] += 1
        elif re.fullmatch("A[0-9]+", invoice):
            skipped_rows[ADJUSTMENT] += 1
        elif not re.fullmatch("[0-9]+", invoice):
            sys.exit(f"{invoice}: the truth about an invoice of this kind is not known")
        elif quantity <= 0:
            skipped_rows[QUANTITY] += 1
        elif price <= 0:
            skipped_rows[PRICE] += 1
        else:
            total = (quantity * price).quantize(PENNY, ROUND_HALF_EVEN)
            lines.append((invoice, row["stock_code"], quantity, total))
            if row["country"]:
                country.setdefault(invoice, row["country"])
    for invoice, stock_code, quantity, total in lines:
        whole.add(invoice, quantity, total)
        day = placed_at[invoice][:10]
        keys = {"month": day[:7], "day": day, "product": stock_code, "country": country.get(invoice, "")}
        for kind, key in keys.items():
            by[kind].setdefault(key, Sales()).add(invoice, quantity, total)

    skipped_invoices = Counter()
    for invoice in placed_at:
        if invoice.startswith("A"):
            skipped_invoices[ADJUSTMENT] += 1
        elif not invoice.startswith("C") and invoice not in whole.invoices:
            skipped_invoices[NO_VALID_ROW] += 1
    result = {
        "rows": len(rows),
        "invoices": len(placed_at),
        **whole.as_json(),
        "skipped_rows": dict(sorted(skipped_rows.items())),
        "skipped_invoices": dict(sorted(skipped_invoices.items())),
        "credit_notes": sum(invoice.startswith("C") for invoice in placed_at),
    }
    for kind, sales in by.items():
        result[f"by_{kind}"] = {key: sales[key].as_json() for key in sorted(sales)}
    return result


def report(url, by):
    """The rows of a sales report by key, from all of its pages."""
    rows, cursor = {}, None
    while True:
        query = {"by": by} | ({"cursor": cursor} if cursor else {})
        with urllib.request.urlopen(f"{url.rstrip('/')}/api/v1/analytics/sales?{urllib.parse.urlencode(query)}") as answer:
            page = json.load(answer)
        for item in page["items"]:
            if item["key"] in rows:
                yield f"{by} {item['key']}: is there twice"
            rows[item["key"]] = item
        cursor = page["next_cursor"]
        if cursor is None:
            break
    yield rows


def differences_of_report(url, by, expected):
    *twice, rows = report(url, by)
    yield from twice
    for key in sorted(expected.keys() | rows.keys()):
        want, got = expected.get(key), rows.get(key)
        # What was sold and cancelled again leaves a row of zeros.
        if want is None and got["orders"] == got["lines"] == got["units"] == Decimal(got["revenue"]["amount"]) == 0:
            continue
        if want is None or got is None:
            yield f"{by} {key!r}: {'not in the file' if want is None else 'not in the report'}"
            continue
        found = {name: got[name] for name in ("orders", "lines", "units")}
        found["revenue"] = got["revenue"]["amount"]
        if got["revenue"]["currency"] != "GBP":
            yield f"{by} {key!r}: currency {got['revenue']['currency']}"
        for name, value in want.items():
            same = Decimal(found[name]) == Decimal(value) if name == "revenue" else found[name] == value
            if not same:
                yield f"{by} {key!r}: {name} is {found[name]}, but {value} in the file"


def differences_of_summary(path, expected):
    with open(path, encoding="utf-8") as file:
        summary = json.load(file)
    for name in ("rows", "orders", "lines", "skipped_rows", "skipped_invoices", "credit_notes"):
        if summary.get(name) != expected[name]:
            yield f"summary: {name} is {summary.get(name)}, but {expected[name]} in the file"
    revenue = summary.get("revenue", {})
    if Decimal(revenue.get("amount", "0")) != Decimal(expected["revenue"]) or revenue.get("currency") != "GBP":
        yield f"summary: revenue is {revenue}, but {expected['revenue']} GBP in the file"
    if summary.get("rows") != summary.get("lines", 0) + sum(summary.get("skipped_rows", {}).values()):
        yield "summary: rows are not lines and skipped rows"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--compare", metavar="URL")
    parser.add_argument("--summary", metavar="FILE")
    arguments = parser.parse_args()
    expected = truth(arguments.file)
    if not arguments.compare and not arguments.summary:
        json.dump(expected, sys.stdout, indent=1)
        print()
        return
    differences = []
    if arguments.summary:
        differences += differences_of_summary(arguments.summary, expected)
    if arguments.compare:
        for by in ("month", "day", "product", "country"):
            differences += differences_of_report(arguments.compare, by, expected[f"by_{by}"])
    for difference in differences[:SHOWN]:
        print(difference)
    if len(differences) > SHOWN:
        print(f"and {len(differences) - SHOWN} more")
    print(
        f"{len(differences)} differences; {expected['orders']} orders, {expected['lines']} lines, "
        f"{expected['revenue']} GBP in the file"
    )
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
