//! `cargo xtask tidy`: the customs of the project that neither the compiler nor clippy knows, checked in a blink.
//!
//! A rule is a function with a name and a reason. It looks at the text of the files, so it is quick and simple, and now
//! and then it has to be told of an exception; the exceptions stand in the rule.

mod boundaries;
mod crates;
mod documents;
mod rust;
mod settings;
mod source;
mod text;
mod tree;

use anyhow::bail;
use clap::Args;

use self::tree::Tree;
use crate::repo;

#[derive(Args)]
pub(crate) struct TidyArgs {
    /// Print the rules and their reasons
    #[arg(long)]
    list: bool,
}

struct Rule {
    name: &'static str,
    /// Why it is worth a rule.
    reason: &'static str,
    check: fn(&Tree, &mut Findings),
}

/// What one rule found.
#[derive(Default)]
struct Findings(Vec<Finding>);

struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    advice: String,
}

impl Findings {
    fn add(&mut self, path: &str, line: usize, advice: impl Into<String>) {
        self.0.push(Finding { path: path.to_owned(), line, advice: advice.into() });
    }
}

#[rustfmt::skip]
const RULES: &[Rule] = &[
    Rule { name: "whitespace", check: text::whitespace, reason: "invisible differences make noise in diffs" },
    Rule { name: "line-length", check: text::line_length, reason: "rustfmt leaves comments and strings alone" },
    Rule { name: "file-length", check: text::file_length, reason: "a file has one idea, and fits into a head" },
    Rule { name: "unfinished", check: text::unfinished, reason: "what is left for later is not in the code; it is on the list of what to do" },
    Rule { name: "machine-paths", check: text::machine_paths, reason: "a path of one machine is wrong on every other" },
    Rule { name: "registries", check: text::registries, reason: "a clone builds from crates.io, without anyone's mirror" },
    Rule { name: "no-mod-rs", check: rust::no_mod_rs, reason: "foo.rs beside foo/: a tab in an editor says what it is" },
    Rule { name: "crate-contents", check: rust::crate_contents, reason: "lib.rs is the table of contents: what the crate is, its modules, and its surface" },
    Rule { name: "small-main", check: rust::small_main, reason: "what main.rs holds cannot be tested" },
    Rule { name: "no-unwrap", check: rust::no_unwrap, reason: "a panic needs a reason why it cannot happen" },
    Rule { name: "no-wildcard-arm", check: rust::no_wildcard_arm, reason: "a new event or error must be decided wherever one is matched, not fall into a default" },
    Rule { name: "error-text", check: rust::error_text, reason: "texts of errors are put together: lower case, without a full stop" },
    Rule { name: "engine-knows-no-business", check: boundaries::engine_knows_no_business, reason: "the engine serves any domain" },
    Rule { name: "core-is-pure", check: boundaries::core_is_pure, reason: "rules that await, read a clock or make an id cannot be replayed" },
    Rule { name: "core-has-no-floats", check: boundaries::core_has_no_floats, reason: "money is not rounded by accident" },
    Rule { name: "write-api-reads-no-view", check: boundaries::write_api_reads_no_view, reason: "a decision that rests on a view rests on the past" },
    Rule { name: "read-api-appends-nothing", check: boundaries::read_api_appends_nothing, reason: "whoever asks changes nothing" },
    Rule { name: "crate-dependencies", check: crates::dependencies, reason: "the layers hold only as long as nobody goes around them" },
    Rule { name: "locked-sources", check: crates::locked_sources, reason: "the lock file works for everyone, and names where each crate comes from" },
    Rule { name: "crates-on-the-map", check: crates::on_the_map, reason: "ARCHITECTURE.md is a map, and a map is whole" },
    Rule { name: "links", check: documents::links, reason: "a link that leads nowhere is worse than none" },
    Rule { name: "settings-exist", check: settings::exist, reason: "a variable that nobody reads leaves the default in place, and says nothing" },
    Rule { name: "one-statement", check: documents::one_statement, reason: "a statement a file: each has a name, and its plan can be looked at" },
];

pub(crate) fn run(args: &TidyArgs) -> anyhow::Result<()> {
    if args.list {
        for rule in RULES {
            println!("{:<26} {}", rule.name, rule.reason);
        }
        return Ok(());
    }
    check()
}

pub(crate) fn check() -> anyhow::Result<()> {
    let tree = Tree::read(repo::root())?;
    let mut found = 0;
    for rule in RULES {
        let mut findings = Findings::default();
        (rule.check)(&tree, &mut findings);
        for Finding { path, line, advice } in &findings.0 {
            eprintln!("{path}:{line}: {}: {advice}", rule.name);
        }
        found += findings.0.len();
    }
    if found > 0 {
        bail!("{found} findings: `cargo xtask tidy --list` gives the reason of each rule");
    }
    eprintln!("{} files keep {} rules", tree.files().len(), RULES.len());
    Ok(())
}

#[cfg(test)]
mod testing {
    use super::{Findings, Tree};

    /// What a rule finds in these files, as `path:line`.
    pub(super) fn found(rule: fn(&Tree, &mut Findings), files: &[(&str, &str)]) -> Vec<String> {
        let mut findings = Findings::default();
        rule(&Tree::of(files), &mut findings);
        findings.0.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
    }
}
