"""Handing mails over: to a server by SMTP, or into a maildir on this machine."""
