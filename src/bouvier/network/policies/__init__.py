"""NetworkPolicies as nftables sets and chains."""
