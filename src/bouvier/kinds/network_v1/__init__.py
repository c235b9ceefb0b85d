"""network.bouvier.io/v1: what the network of the hosts tells about itself."""
