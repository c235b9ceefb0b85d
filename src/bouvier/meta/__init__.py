"""What every API object shares: identity, metadata, labels, quantities, patches and status errors. Pure."""
