//! HTTP/1.1 answers, as far as a server that announces their lengths needs them understood.

use anyhow::{Context, bail};

/// An answer that has arrived as a whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    head: &'a str,
    pub(super) body: &'a [u8],
}

/// The answer at the beginning of `bytes`; `None` while a part of it is still on its way.
pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<Option<Answer<'_>>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).context("the head of an answer is not text")?;
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    let answer = Answer { status: status.context("an answer has no status")?, head, body: &[] };
    let Some(length) = answer.header("content-length") else { bail!("an answer does not say how long it is: {head}") };
    let length: usize = length.parse().context("the length of an answer is not a number")?;
    Ok(bytes.get(end + 4..end + 4 + length).map(|body| Answer { body, ..answer }))
}

impl Answer<'_> {
    pub(super) fn header(&self, wanted: &str) -> Option<&str> {
        let mut fields = self.head.split("\r\n").filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    }

    /// Fails with what the server says when it did not do what was asked.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !(200..300).contains(&self.status) {
            bail!("the server answered {}: {}", self.status, String::from_utf8_lossy(self.body));
        }
        Ok(())
    }

    /// The value of a text field at the top of a JSON body, without parsing all of it.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let body = std::str::from_utf8(self.body).ok()?;
        let (_, rest) = body.split_once(&format!("\"{name}\":\""))?;
        rest.split('"').next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Length: 22\r\nETag: \"v1\"\r\n\r\n{\"id\":\"a\",\"b\":[{\"id\":1";

    #[test]
    fn an_answer_is_read_when_all_of_it_is_there() {
        for end in 0..WHOLE.len() {
            assert_eq!(parse(&WHOLE[..end]).unwrap(), None, "{end}");
        }
        let answer = parse(WHOLE).unwrap().unwrap();
        assert_eq!((answer.status, answer.header("etag"), answer.field("id")), (201, Some("\"v1\""), Some("a")));
        assert_eq!(answer.body.len(), 22);
        assert!(answer.check().is_ok());
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        let refused = parse(b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nlate").unwrap().unwrap();
        assert_eq!(refused.check().unwrap_err().to_string(), "the server answered 503: late");
    }
}
