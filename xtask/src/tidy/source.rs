//! Rust source with its comments and literals told apart, so that a rule about code is not misled by prose.

/// Three views of one file. In each, what does not belong is blank, so lines and columns are those of the file.
pub(super) struct Source {
    /// Without comments, and without what stands in literals.
    pub(super) code: String,
    /// Without comments.
    pub(super) code_and_literals: String,
    /// Without literals.
    pub(super) code_and_comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Comment,
    Literal,
}

impl Source {
    pub(super) fn parse(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let parts = parts(&chars);
        let only = |wanted: &[Part]| {
            let kept =
                chars.iter().zip(&parts).map(|(c, part)| if *c == '\n' || wanted.contains(part) { *c } else { ' ' });
            kept.collect::<String>()
        };
        Self {
            code: only(&[Part::Code]),
            code_and_literals: only(&[Part::Code, Part::Literal]),
            code_and_comments: only(&[Part::Code, Part::Comment]),
        }
    }

    /// The code that is shipped: test modules are blank, and so is a file that belongs to tests altogether.
    pub(super) fn shipped(&self, path: &str) -> String {
        if is_test_file(path) {
            return String::new();
        }
        // By custom a file's tests are its last item.
        match self.code.find("#[cfg(test)]\nmod tests {") {
            Some(start) => self.code[..start].to_owned(),
            None => self.code.clone(),
        }
    }
}

/// Tests, test kits, examples: whatever may panic to make its point.
fn is_test_file(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.any(|part| ["tests", "examples", "benches", "tests.rs", "testing.rs", "conformance.rs"].contains(&part))
}

/// The part of the source that each character belongs to. The quotes of a literal count as code.
fn parts(chars: &[char]) -> Vec<Part> {
    let mut parts = vec![Part::Code; chars.len()];
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut index = 0;
    while index < chars.len() {
        let (part, start, end, next) = match (at(index), at(index + 1)) {
            ('/', '/') => {
                let end = find(chars, index, |i| at(i) == '\n');
                (Part::Comment, index, end, end)
            }
            ('/', '*') => {
                let end = block_comment_end(chars, index);
                (Part::Comment, index, end, end)
            }
            ('r', '"' | '#') if !continues_word(chars, index) => match raw_string(chars, index) {
                Some((start, end, next)) => (Part::Literal, start, end, next),
                None => (Part::Code, index, index + 1, index + 1),
            },
            ('"', _) => {
                let end = quoted_end(chars, index + 1, '"');
                (Part::Literal, index + 1, end, end + 1)
            }
            // A character and not a lifetime.
            ('\'', '\\') => {
                let end = quoted_end(chars, index + 1, '\'');
                (Part::Literal, index + 1, end, end + 1)
            }
            ('\'', _) if at(index + 2) == '\'' => (Part::Literal, index + 1, index + 2, index + 3),
            _ => (Part::Code, index, index + 1, index + 1),
        };
        parts[start..end.min(chars.len())].fill(part);
        index = next;
    }
    parts
}

/// Whether the `r` at `index` ends a word, instead of beginning a raw string; `br` and `cr` begin one, too.
fn continues_word(chars: &[char], index: usize) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    match index.checked_sub(1).map(|before| chars[before]) {
        Some('b' | 'c') => index >= 2 && word(chars[index - 2]),
        Some(before) => word(before),
        None => false,
    }
}

/// Where the body of a raw string begins and ends, and what follows it.
fn raw_string(chars: &[char], index: usize) -> Option<(usize, usize, usize)> {
    let hashes = chars[index + 1..].iter().take_while(|c| **c == '#').count();
    let start = index + 1 + hashes + 1;
    if chars.get(start - 1) != Some(&'"') {
        return None;
    }
    let closes = |i: usize| chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    let end = find(chars, start, closes);
    Some((start, end, end + 1 + hashes))
}

fn quoted_end(chars: &[char], start: usize, quote: char) -> usize {
    let mut index = start;
    while index < chars.len() && chars[index] != quote {
        index += if chars[index] == '\\' { 2 } else { 1 };
    }
    index.min(chars.len())
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut index = start;
    while index < chars.len() {
        match (chars[index], chars.get(index + 1)) {
            ('/', Some('*')) => (depth, index) = (depth + 1, index + 2),
            ('*', Some('/')) => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
        if depth == 0 {
            break;
        }
    }
    index
}

fn find(chars: &[char], start: usize, found: impl Fn(usize) -> bool) -> usize {
    (start..chars.len()).find(|index| found(*index)).unwrap_or(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::parse(text).code
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        assert_eq!(code("a(); // b\nc"), "a();     \nc");
        assert_eq!(code("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(code(r#"a("b\"c", d)"#), r#"a("    ", d)"#);
        assert_eq!(code("a(r#\"b\"c\"#, d)"), "a(r#\"   \"#, d)");
        assert_eq!(code("a(br\"b//\") // c"), "a(br\"   \")     ");
        assert_eq!(code("a('\"', '\\'', b::<'c>)"), "a(' ', '  ', b::<'c>)");
        assert_eq!(code("fn for<'a>(b: &'a str)"), "fn for<'a>(b: &'a str)");
        assert_eq!(code("var\"x\""), "var\" \"");
        assert_eq!(code("\"open"), "\"    ");
    }

    #[test]
    fn each_view_keeps_its_parts() {
        let source = Source::parse("a(\"b\"); // c");
        assert_eq!(source.code_and_literals.trim_end(), "a(\"b\");");
        assert_eq!(source.code_and_comments, "a(\" \"); // c");
    }

    #[test]
    fn tests_are_not_shipped() {
        let source = Source::parse("fn a() {}\n#[cfg(test)]\nmod tests {\n    b()\n}\n");
        assert_eq!(source.shipped("core/src/money.rs"), "fn a() {}\n");
        assert_eq!(source.shipped("core/src/stock/tests.rs"), "");
        assert_eq!(source.shipped("stores/tests/sqlite/main.rs"), "");
    }
}
