"""Reads our exports of the journal with other people's programs: hledger, PyPI `beancount` 3, `openpyxl`, `pyarrow`.

    STRANGERS_PYTHON=… cargo test --test api export:: -- --ignored
    python tests/strangers/export.py DIRECTORY

The directory has journal.csv, .xlsx, .jsonl, .parquet, .hledger, .beancount of one journal, and accounts.json, the
balances as the service tells them. Each program must take its file and come to the same balances; spoilt copies of the
two ledgers must be refused.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import openpyxl
import pyarrow.parquet
from beancount import loader
from beancount.core import data, realization

BEANCOUNT = {
    "limit": "Equity:Limit",
    "available": "Assets:Available",
    "reserved": "Assets:Reserved",
    "obligated": "Assets:Obligated",
    "accrued": "Assets:Accrued",
    "paid": "Expenses:Paid",
}


def expected_balances(directory):
    """By account, debit positive, in roubles."""
    balances = {}
    for row in json.loads((directory / "accounts.json").read_text("utf-8")):
        kopecks = row["balance"]["amount"] * (-1 if row["account"] == "limit" else 1)
        balances[row["account"], row["kbk"], row["item"]] = Decimal(kopecks).scaleb(-2)
    return balances


def hledger(path, *arguments):
    command = ["hledger", "-f", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout, done.stderr


def check_hledger(directory, expected):
    path = directory / "journal.hledger"
    code, _, said = hledger(path, "check", "--strict")
    assert code == 0, said
    code, table, said = hledger(path, "balance", "--flat", "--empty", "--no-total", "-O", "csv")
    assert code == 0, said
    rows = list(csv.DictReader(table.splitlines()))
    found = {tuple(row["account"].split(":")): Decimal(row["balance"].split()[0]) for row in rows}
    assert found == expected, (found, expected)
    # Both dates, the code, and tags that are searched by.
    code, register, said = hledger(path, "register", "tag:payment_document=^=1.1$", "-O", "csv")
    assert code == 0 and register.count("\n") > 1, said
    code, tags, _ = hledger(path, "tags")
    names = set(tags.split())
    assert {"voucher_id", "redemption_id", "payee_id", "payment_id", "recorded_by"} <= names, names
    assert "date" not in names, "a document's number became a date"
    text = path.read_text("utf-8")
    posting = next(line for line in text.splitlines() if line.startswith("    accrued:"))
    lost, moved = text.replace(posting + "\n", "", 1), posting.replace("accrued:", "obligated:", 1)
    for spoilt in (lost, text.replace(posting, moved, 1)):
        (directory / "spoilt.hledger").write_text(spoilt, "utf-8")
        assert hledger(directory / "spoilt.hledger", "check")[0] != 0, "a spoilt journal was taken"


def check_beancount(directory, expected):
    path = directory / "journal.beancount"
    entries, errors, _ = loader.load_file(str(path))
    assert not errors, errors[:3]
    root = realization.realize(entries)
    found = {}
    for account, kbk, item in expected:
        name = ":".join([BEANCOUNT[account], kbk, "-".join(word.capitalize() for word in item.split("_"))])
        found[account, kbk, item] = realization.get(root, name).balance.get_currency_units("RUB").number
    assert found == expected, (found, expected)
    asserted = [entry for entry in entries if isinstance(entry, data.Balance)]
    assert len(asserted) == len(expected)
    postings = [p for entry in entries if isinstance(entry, data.Transaction) for p in entry.postings]
    documents = {p.meta.get("payment_document") for p in postings}
    assert {"=1+1", 'П-2, date:2019-01-01; "[2019-01-01]"'} <= documents, documents
    text = path.read_text("utf-8")
    index = text.index("\n", text.rindex(" balance "))
    # One kopeck more: within beancount's usual tolerance.
    number = text[:index].rsplit(" ~ ", 1)[0].rsplit("  ", 1)[1]
    spoilt = text.replace(f"{number} ~ 0 RUB\n", f"{Decimal(number) + Decimal('0.01')} ~ 0 RUB\n")
    (directory / "spoilt.beancount").write_text(spoilt, "utf-8")
    assert loader.load_file(str(directory / "spoilt.beancount"))[1], "a kopeck too many was taken"
    return len(postings)


def json_lines(directory):
    return [json.loads(line) for line in (directory / "journal.jsonl").read_text("utf-8").splitlines()]


def moscow(text):
    """A day and time on Moscow's clock, to the second."""
    instant = datetime.fromisoformat(text.replace("Z", "+00:00")) + timedelta(hours=3)
    return instant.replace(tzinfo=None, microsecond=0)


def check_xlsx(directory, rows, expected):
    book = openpyxl.load_workbook(directory / "journal.xlsx", read_only=False)
    (sheet,) = book.worksheets
    assert sheet.freeze_panes == "A2"
    head, *body = sheet.iter_rows()
    names = [cell.value for cell in head]
    assert len(body) == len(rows)
    balances = defaultdict(Decimal)
    for cells, row in zip(body, rows):
        found = dict(zip(names, cells))
        assert all(cell.data_type != "f" for cell in cells), "a formula"
        for name in ("log_index", "posting_no", "kind", "kbk", "item", "account", "recorded_by", "voucher_id", "payment_document"):
            assert found[name].value == row[name], (name, found[name].value, row[name])
        for name in ("effective_at", "recorded_at"):
            assert found[name].is_date
            assert abs(found[name].value - moscow(row[name])) < timedelta(seconds=1), (name, row[name])
        if row["amount"] is None:
            assert found["debit"].value is None and found["credit"].value is None
            continue
        kopecks = row["amount"]["amount"]
        assert found["amount_kopecks"].value == kopecks
        debit, credit = found["debit"].value or 0, found["credit"].value or 0
        assert round((debit - credit) * 100) == kopecks
        balances[row["account"], row["kbk"], row["item"]] += Decimal(kopecks).scaleb(-2)
    assert dict(balances) == {account: balance for account, balance in expected.items() if account in balances}


def check_parquet(directory, rows):
    table = pyarrow.parquet.read_table(directory / "journal.parquet")
    assert str(table.schema.field("amount").type) == "decimal128(18, 2)", table.schema
    assert str(table.schema.field("effective_at").type) == "timestamp[ms, tz=UTC]", table.schema
    metadata = pyarrow.parquet.read_metadata(directory / "journal.parquet").metadata
    assert metadata[b"currency"] == b"RUB" and b"checkpoint" in metadata
    found = table.to_pylist()
    assert len(found) == len(rows)
    for cells, row in zip(found, rows):
        assert list(cells) == list(row)
        for name, value in cells.items():
            ours = row[name]
            if name == "amount" and ours is not None:
                ours = Decimal(ours["amount"]).scaleb(-2)
            if name.endswith("_at"):
                ours = datetime.fromisoformat(ours.replace("Z", "+00:00"))
            assert value == ours, (name, value, ours)


def main():
    directory = pathlib.Path(sys.argv[1])
    expected = expected_balances(directory)
    check_hledger(directory, expected)
    postings = check_beancount(directory, expected)
    rows = json_lines(directory)
    assert postings == sum(row["account"] is not None for row in rows)
    check_xlsx(directory, rows, expected)
    check_parquet(directory, rows)
    print(f"{len(rows)} rows, {postings} postings: hledger, beancount, openpyxl and pyarrow agree")


if __name__ == "__main__":
    main()
