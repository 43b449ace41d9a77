"""Who pays for what is built: funders, their shares, and what the owner keeps to itself."""
