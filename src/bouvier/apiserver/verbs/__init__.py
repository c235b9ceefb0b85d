"""One module per API verb: what happens between an authorized request and its answer."""
