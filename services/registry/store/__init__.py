"""SQL of the registry. A file's row is locked first, so that its changes happen one after another."""
