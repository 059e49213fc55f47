"""Inboxes, share and mailbox: what arrives is archived and entered in the ledger, once, before anything reads it."""
