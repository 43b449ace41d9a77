"""From the order to what stands on a site: installed, heard, accepted, active."""
