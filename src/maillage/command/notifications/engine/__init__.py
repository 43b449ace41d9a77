"""Pure: when somebody is told, and how a message is signed, encrypted and retried."""
