use crate::Country;

#[derive(Debug, Clone, PartialEq)]
pub enum CustomerCommand {
    Register { reference: Option<String>, country: Option<Country> },
    Activate,
    Deactivate,
}
