"""The records that the parts of mcsearch pass to one another: frozen, with no behaviour beyond arithmetic."""
