"""Rules: conditions over datastreams that raise alarms and give orders."""
