"""Mail: composed, sent by SMTP, its refusals understood."""
