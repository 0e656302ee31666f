#!/usr/bin/env python3
"""Makes the sample of 500 invoices from the whole year.

    make_sample.py online-retail-2009-2010.csv.gz sample-500.csv.gz

Takes 499 invoices at even distances through the file, in the order in which it first names them, and the first
accounting adjustment; of each all its rows, as they are and in their order. The same source gives the same bytes.
"""

import csv
import gzip
import io
import sys

WANTED = 500


def main(source, target):
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    invoices = list(dict.fromkeys(row[0] for row in rows))
    adjustment = next(invoice for invoice in invoices if invoice.startswith("A"))
    others = [invoice for invoice in invoices if invoice != adjustment]
    picked = {others[place * len(others) // (WANTED - 1)] for place in range(WANTED - 1)} | {adjustment}
    assert len(picked) == WANTED

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(row for row in rows if row[0] in picked)
    with open(target, "wb") as file:
        # Neither a name nor a time in the gzip header, so that the bytes depend on the rows alone.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            packed.write(text.getvalue().encode("utf-8"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
