//! The servers that tests start by themselves: found on this machine, or installed where that is allowed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::bail;

use crate::repo;

/// Where Debian keeps the programs of Postgres, a directory per version.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";

/// Installs the packages that it is given, and leaves everything else on the machine as it was.
const INSTALL: &str = "xtask/src/servers/install.sh";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Postgres,
    Redis,
}

/// What may install packages here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Installer {
    /// This user is root.
    Direct,
    /// sudo asks for no password.
    Sudo,
    /// The packages are known, but this user may not install them.
    Forbidden,
    /// There is no apt-get.
    Unknown,
}

/// Sees to it that Postgres and Redis can be started.
pub(crate) fn provide() -> anyhow::Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    // Nobody is asked for rights before they are needed.
    let installer = installer();
    let packages = to_install(&missing, installer)?;
    let mut command = Command::new(if installer == Installer::Sudo { "sudo" } else { "sh" });
    if installer == Installer::Sudo {
        command.args(["-n", "sh"]);
    }
    repo::run(command.arg(repo::root().join(INSTALL)).args(packages))?;
    match self::missing().first() {
        None => Ok(()),
        Some(still) => bail!("{} was installed, but its programs are not where they belong", still.package()),
    }
}

/// The packages to install, or what somebody with the rights to can do.
fn to_install(missing: &[Server], installer: Installer) -> anyhow::Result<Vec<&'static str>> {
    let packages: Vec<_> = missing.iter().map(|server| server.package()).collect();
    let listed = packages.join(" ");
    match installer {
        Installer::Direct | Installer::Sudo => Ok(packages),
        Installer::Forbidden => {
            bail!("packages are missing: run `sudo apt-get install --no-install-recommends {listed}`")
        }
        Installer::Unknown => {
            let programs: Vec<_> = missing.iter().flat_map(|server| server.programs()).copied().collect();
            let programs = programs.join(", ");
            bail!("servers are missing (Debian's packages {listed}): install them, and put {programs} on the PATH")
        }
    }
}

impl Server {
    /// Debian's name for it.
    fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Redis => "redis-server",
        }
    }

    /// The programs that tests run. They stand in one directory.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["initdb", "postgres"],
            Self::Redis => &["redis-server"],
        }
    }

    fn is_in(self, directories: &[PathBuf]) -> bool {
        directories.iter().any(|directory| self.programs().iter().all(|program| directory.join(program).is_file()))
    }
}

fn missing() -> Vec<Server> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<_> = std::env::split_paths(&path).collect();
    directories.extend(versions(Path::new(POSTGRES_VERSIONS)));
    [Server::Postgres, Server::Redis].into_iter().filter(|server| !server.is_in(&directories)).collect()
}

fn versions(root: &Path) -> Vec<PathBuf> {
    fs::read_dir(root).into_iter().flatten().flatten().map(|version| version.path().join("bin")).collect()
}

fn installer() -> Installer {
    let answers = |program: &str, arguments: &[&str]| repo::output(Command::new(program).args(arguments)).ok();
    if answers("apt-get", &["--version"]).is_none() {
        Installer::Unknown
    } else if answers("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
        Installer::Direct
    } else if answers("sudo", &["-n", "true"]).is_some() {
        Installer::Sudo
    } else {
        Installer::Forbidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_installed_by_whoever_may() {
        let both = [Server::Postgres, Server::Redis];
        let of = |missing: &[Server], installer| to_install(missing, installer).map_err(|error| error.to_string());
        assert_eq!(of(&both, Installer::Direct).unwrap(), ["postgresql", "redis-server"]);
        assert_eq!(of(&both[..1], Installer::Direct).unwrap(), ["postgresql"]);
        assert_eq!(of(&both[1..], Installer::Sudo).unwrap(), ["redis-server"]);
        let advice = of(&both[1..], Installer::Forbidden).unwrap_err();
        assert!(advice.contains("run `sudo apt-get install --no-install-recommends redis-server`"), "{advice}");
        let advice = of(&both, Installer::Unknown).unwrap_err();
        assert!(advice.contains("put initdb, postgres, redis-server on the PATH"), "{advice}");
    }

    #[test]
    fn a_server_is_there_when_all_its_programs_are_in_one_directory() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        put("14/bin/postgres");
        put("15/bin/initdb");
        assert!(!Server::Postgres.is_in(&versions(root.path())));
        put("15/bin/postgres");
        assert!(Server::Postgres.is_in(&versions(root.path())));
        assert!(!Server::Redis.is_in(&versions(root.path())));
        assert!(versions(&root.path().join("none")).is_empty());
    }
}
