"""The consent ledger: what turns, the register and carriers add to it; never changed."""
