//! Lists by time of rows of one status, or of all of them, from an index that begins with the status.

pub(super) struct List {
    pub(super) view: &'static str,
    /// The column that the list is sorted by, and then by `id`.
    pub(super) time: &'static str,
    /// Begins with `time` and `id`.
    pub(super) columns: &'static str,
    /// Every status there is.
    pub(super) statuses: &'static [&'static str],
}

impl List {
    /// Takes tenant, time and id to go on after, and the number of rows wanted.
    ///
    /// The index is in the list's order within one status only, so a list of all merges one list a status.
    pub(super) fn sql(&self, status: Option<&'static str>) -> String {
        let Self { view, time, columns, statuses } = self;
        let of = |status: &&str| {
            format!(
                "SELECT * FROM (SELECT {columns} FROM {view} WHERE tenant = ?1 AND status = '{status}' \
                 AND ({time}, id) > (?2, ?3) ORDER BY {time}, id LIMIT ?4)"
            )
        };
        let lists = match &status {
            Some(status) => of(status),
            None => statuses.iter().map(of).collect::<Vec<_>>().join(" UNION ALL "),
        };
        format!("{lists} ORDER BY 1, 2 LIMIT ?4")
    }
}
