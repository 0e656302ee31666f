//! What the library would not read out of a connection string as it is meant.
//!
//! It hands on name and password as they are written, so that those with percent-encoded characters can never log in;
//! it takes the rest of a password with a `?` for parameters, and panics at a connection's name that cannot be sent.

use kurrentdb::Credentials;

const ENCODE: &str = "in its user name and password write @ : / ? # % as %40 %3A %2F %3F %23 %25, and behind its hosts \
    @ and # as %40 and %23";
const NO_TEXT: &str = "its user name or password is no text once %… is decoded";
const NOT_ASCII: &str = "the connectionName in it may have ASCII characters only";
const NO_SCHEME: &str = "it should begin with kurrentdb://";

/// The URL for the library, and whom every call is made by. An error repeats nothing of the URL.
pub(super) fn split(url: &str) -> Result<(String, Option<Credentials>), &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or(NO_SCHEME)?;
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if tail.contains(['@', '#']) {
        return Err(ENCODE);
    }
    check_connection_name(tail)?;
    let Some((user, hosts)) = authority.rsplit_once('@') else { return Ok((url.to_owned(), None)) };
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let text = |part: &str| String::from_utf8(decode(part)).map_err(|_| NO_TEXT);
    let credentials = Credentials::new(text(name)?, text(password)?);
    // The library asks for the members of a cluster with what it has read itself, so it gets what it reads rightly.
    // With anything else it asks as nobody, which servers answer unless they are told not to.
    let plain = [name, password].iter().all(|part| part.bytes().all(is_unreserved));
    let url = if plain { url.to_owned() } else { format!("{scheme}://{hosts}{tail}") };
    Ok((url, Some(credentials)))
}

fn check_connection_name(tail: &str) -> Result<(), &'static str> {
    let query = tail.split_once('?').map_or("", |(_, query)| query);
    let named = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = named.filter(|(name, _)| decode(name).eq_ignore_ascii_case(b"connectionName"));
    let sendable = |value: &str| decode(value).iter().all(|byte| (b' '..=b'~').contains(byte));
    if values.all(|(_, value)| sendable(value)) { Ok(()) } else { Err(NOT_ASCII) }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// A `%` that does not begin two digits stands for itself.
fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match after {
            [high, low, after @ ..] if first == b'%' => match digit(*high).zip(digit(*low)) {
                Some((high, low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                None => decoded.push(first),
            },
            _ => decoded.push(first),
        }
    }
    decoded
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_as_they_are_meant() {
        for (user, name, password) in [
            ("admin:changeit", "admin", "changeit"),
            ("admin", "admin", ""),
            ("a%40b.c:p%3As%2Fs%3F%23%25", "a@b.c", "p:s/s?#%"),
            ("admin:p@ss:word", "admin", "p@ss:word"),
            ("admin:100%", "admin", "100%"),
            ("admin:%zz%c3%A9", "admin", "%zz\u{e9}"),
            ("j\u{fc}rg:\u{e9}", "j\u{fc}rg", "\u{e9}"),
        ] {
            let (url, credentials) = split(&format!("kurrentdb://{user}@a:1,b:2?tls=false")).unwrap();
            let wanted = Credentials::new(name.to_owned(), password.to_owned());
            assert_eq!(credentials, Some(wanted), "{user}");
            assert!(url.ends_with("a:1,b:2?tls=false"), "{url}");
            url.parse::<kurrentdb::ClientSettings>().unwrap();
        }
        let (url, nobody) = split("kurrentdb://a:1?connectionName=x%40y").unwrap();
        assert_eq!((url.as_str(), nobody), ("kurrentdb://a:1?connectionName=x%40y", None));
        assert_eq!(split("kurrentdb://u:p@a").unwrap().0, "kurrentdb://u:p@a");
        assert_eq!(split("kurrentdb://u:%70@a").unwrap().0, "kurrentdb://a");
    }

    #[test]
    fn what_could_be_part_of_a_password_is_refused() {
        for url in ["kurrentdb://u:12?se@a", "kurrentdb://u:12/se,cret@a:1", "esdb://u:1#se@a", "esdb://u:p@a?x=u@b"] {
            assert_eq!(split(url), Err(ENCODE), "{url}");
        }
        assert_eq!(split("kurrentdb://u:%ff@a"), Err(NO_TEXT));
        assert_eq!(split("u:secret@host"), Err(NO_SCHEME));
    }

    #[test]
    fn the_name_of_a_connection_can_be_sent() {
        for name in ["caf\u{e9}", "caf%C3%A9", "a%0Ab"] {
            assert_eq!(split(&format!("kurrentdb://a?tls=false&ConnectionName={name}")), Err(NOT_ASCII), "{name}");
        }
        split("kurrentdb://a?connectionName=one+two%20three").unwrap();
    }
}
