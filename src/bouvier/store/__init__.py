"""The versioned key-value log under the API server: one interface, several back ends."""
