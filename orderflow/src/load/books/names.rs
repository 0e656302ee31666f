//! Names that come again and again, kept once and told apart by number.

use std::{collections::HashMap, sync::Arc};

#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The number of a name, counted from 0 in the order in which the names first came.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        // Every name needs a row, and rows are counted in 32 bits.
        let number = self.names.len() as u32;
        let name: Arc<str> = name.into();
        self.numbers.insert(Arc::clone(&name), number);
        self.names.push(name);
        number
    }

    pub(super) fn name(&self, number: u32) -> &Arc<str> {
        &self.names[number as usize]
    }

    pub(super) fn into_vec(self) -> Vec<Arc<str>> {
        self.names
    }
}
