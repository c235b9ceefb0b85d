"""The overlay: how pods of one host reach pods of another, by plain routes, VXLAN or IPsec."""
