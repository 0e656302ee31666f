//! The list of what was not loaded, for whoever mends the file.

use std::{fs::File, io::BufWriter, path::Path};

use anyhow::Context;

use super::books::Books;

/// Writes every rejected row with its place and its reason, in the order of the file.
pub(super) fn write(path: &Path, books: &Books) -> anyhow::Result<()> {
    let cannot = || format!("the list of rejects {} cannot be written: name another file", path.display());
    let file = File::create(path).with_context(cannot)?;
    list(BufWriter::new(file), books).with_context(cannot)
}

fn list(to: impl std::io::Write, books: &Books) -> csv::Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(["row", "line", "invoice", "stock_code", "quantity", "price", "reason"])?;
    for reject in &books.rejects {
        writer.write_record([
            &reject.at.row.to_string(),
            &reject.at.line.to_string(),
            &*reject.invoice,
            &reject.stock_code,
            &reject.quantity.to_string(),
            &reject.price.to_string(),
            reject.reason.as_str(),
        ])?;
    }
    writer.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::books::testing::books;

    #[test]
    fn every_rejected_row_is_listed_in_file_order() {
        let books = books(&[
            "1,A,,1,2010-01-01T00:00:00,1.50,,UK",
            "C2,\"B,\",,-1,2010-01-01T00:00:00,1.50,,UK",
            "1,A,,-2,2010-01-01T00:00:00,1.50,,UK",
        ]);
        let mut listed = Vec::new();
        list(&mut listed, &books).unwrap();
        assert_eq!(
            String::from_utf8(listed).unwrap(),
            "row,line,invoice,stock_code,quantity,price,reason\n\
             2,3,C2,\"B,\",-1,1.50,credit note not yet handled\n\
             3,4,1,A,-2,1.50,quantity not positive\n"
        );
    }

    #[test]
    fn a_list_that_cannot_be_written_is_named() {
        let error = write(Path::new("/nowhere/rejects.csv"), &books(&["1,A,,1,2010-01-01T00:00:00,1,,"])).unwrap_err();
        assert!(error.to_string().contains("/nowhere/rejects.csv cannot be written"), "{error}");
    }
}
