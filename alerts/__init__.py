"""The desk: who is told what, once. It reads `hits`, decides, keeps the ledger, mails, and copies to the index."""
